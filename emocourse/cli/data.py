"""The commands about datasets: data info, audit, votes, coverage and download; preprocess."""

import time
from pathlib import Path

from click import option

from ..errors import CourseError
from .options import FILE, Outcome, Source, command, course_tool, group, jitters_option, progress, source_option


def _table(counts: dict[str, dict[str, int]]) -> str:
    emotions = list(next(iter(counts.values())))
    lines = [" " * 11 + "".join(f"{name:>11}" for name in [*emotions, "all"])]
    for split, row in counts.items():
        lines.append(f"{split:<11}" + "".join(f"{n:>11,}" for n in [*row.values(), sum(row.values())]))
    return "\n".join(lines)


@command
@source_option("fer2013", workers=False)
def info(source: Source) -> Outcome:
    """Read and check a dataset; say how many images of each emotion it has."""
    if source.data == "twin":
        from ..dataset import splits

        twin = splits.load("twin", progress=progress())
        value = {"source": "twin", "counts": {s: getattr(twin, s).counts() for s in ("train", "validation", "test")}}
        return value, _table(value["counts"]), 0
    from ..dataset import fer2013

    read = source.read()
    counts = fer2013.audit(read)["counts"]
    value = {"source": read.source, "counts": counts, "n_skipped": read.n_skipped, "skipped": read.skipped}
    text = f"{read.source}: {len(read):,} images\n{_table(counts)}"
    if read.n_skipped:
        text += "\n" + "\n".join([f"{read.n_skipped:,} rows left out, for example:", *read.skipped[:5]])
    return value, text, 0


@command
@source_option("fer2013", workers=False)
def audit(source: Source) -> Outcome:
    """Count exact duplicates, within and across splits, and those with different labels."""
    if source.data == "twin":
        raise CourseError("The twin is drawn, so there is nothing to audit: give the path of a FER2013 with --data.")
    from ..dataset import fer2013

    found = fer2013.audit(source.read())
    text = (
        f"{_table(found['counts'])}\n{found['images_in_duplicate_groups']:,} images are exact duplicates of another, "
        f"in {found['duplicate_groups']:,} groups; {found['conflicting_groups']:,} groups carry different labels, "
        f"{found['cross_split_groups']:,} stand in more than one split."
    )
    return found, text, 0


@command
@source_option("fer2013", workers=False)
@option("--votes", type=FILE, help="FER+'s fer2013new.csv; default EMOCOURSE_FERPLUS, then beside FER2013")
@option("--out", type=FILE, metavar="FILE.json", help="also write the record, numbers only")
def votes(source: Source, votes: str | None, out: str | None) -> Outcome:
    """Measure how far people agree about FER2013's images, from the FER+ votes."""
    from ..dataset import ferplus
    from ..evaluation import agreement

    counted = ferplus.read_votes(agreement.find_votes(votes))
    found = agreement.measure(source.read(), counted)
    text = agreement.agreement_in_words(found)
    if out:
        agreement.write(found, out)
        text += f"\n{out} is written."
    return found, text, 0


@command
@source_option("fer2013")
@option("--out", type=FILE, required=True, metavar="FILE.json", help="record to write, numbers only")
def coverage(source: Source, out: str) -> Outcome:
    """Measure how many faces the detector finds, by emotion and by threshold (in a checkout)."""
    record = course_tool("reference.coverage").measure(source.open(), Path(out), progress())
    lines = [
        f"{split:<11}found {sum(n for n, _ in table.values()):,} of {sum(n for _, n in table.values()):,} faces"
        for split, table in record["emotions"].items()
    ]
    return record, "\n".join([*lines, f"{out} is written."]), 0


@command
@option("--out", type=FILE, help="where to put it; default the cache, where fer2013 finds it")
def download(out: str | None) -> Outcome:
    """Get FER2013 from Kaggle (needs an account and the extra emocourse[download])."""
    from ..dataset import fer2013

    path = fer2013.download(out, progress=progress())
    return {"path": str(path)}, f"FER2013 is in {path}.", 0


data = group("data", "Read, check or download FER2013.", info, audit, votes, coverage, download)


@command
@source_option()
@jitters_option(1)
@option("--out", type=FILE, required=True, metavar="FILE.npz", help="file to write")
def preprocess(source: Source, num_jitters: int, out: str) -> Outcome:
    """Find the face and the landmarks in every image."""
    import numpy as np

    from ..dataset import splits
    from ..faces import preprocessing
    from ..files import store

    if Path(out).suffix != ".npz":
        raise CourseError(f"The file to write must end in .npz, not {Path(out).name!r}: change --out.")
    if source.data == "twin":
        images, labels, split, rows = splits.draw_twin(splits.TWIN_SIZES, seed=0, progress=progress())
    else:
        read = source.read()
        images, labels, split, rows = read.images, read.labels, read.split, read.rows
    started = time.perf_counter()
    found = preprocessing.preprocess(images, boxes=num_jitters, workers=source.workers, progress=progress())
    seconds = time.perf_counter() - started
    with store.atomic_write(out) as stream:
        np.savez(stream, images=images, labels=labels, split=split, rows=rows, **vars(found))
    n, n_detected = len(labels), int(found.detected.sum())
    value = {"n": n, "n_detected": n_detected, "seconds": round(seconds, 3), "images_per_second": round(n / seconds, 1)}
    text = f"{n:,} images in {seconds:.1f} s; a face was detected in {n_detected:,} ({n_detected / n:.1%})."
    return value, f"{text}\n{out} is written.", 0


COMMANDS = (data, preprocess)
