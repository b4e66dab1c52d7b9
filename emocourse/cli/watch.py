"""What ``emocourse watch`` does."""

import argparse
from typing import Any


def watch(options: argparse.Namespace, progress: bool) -> tuple[Any, str, int]:
    """Read a film, write its timeline and the annotated film; returns what a command returns."""
    from ..live import engine as live
    from ..live import film as video

    engine = live.Engine(options.model, fatigue=options.drowsiness)
    value = video.watch(
        options.video_file,
        engine,
        options.out,
        options.video,
        every=options.every,
        drowsiness=options.drowsiness,
        progress=progress,
    )
    n = len(value["people"])
    lines = [
        f"{options.video_file}: {value['frames']:,} frames, {value['seconds']:.1f} s, "
        f"{n or 'no'} {'person' if n == 1 else 'people'}"
    ]
    for person in value["people"]:
        ranked = ", ".join(f"{name} {share:.0%}" for name, share in list(person["emotions"].items())[:3])
        lines.append(f"  person {person['id']}, {person['first']:.1f} to {person['last']:.1f} s: {ranked}")
    lines += [f"{path} is written." for path in (options.out, options.video) if path]
    written = {"timeline": options.out, "video": options.video}
    return {"path": options.video_file, "model": engine.classifier.name, **value, **written}, "\n".join(lines), 0
