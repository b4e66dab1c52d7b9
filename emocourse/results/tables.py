"""Tables of results in Markdown, made from records of runs."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..metrics import percent, wilson_interval, with_interval

_HEAD = (
    "model", "data, split", "classes", "n", "accuracy, all images (95 % interval)", "accuracy, detected (coverage)",
    "macro-F1", "ECE", "training accuracy", "parameters", "training time", "seeds",
)  # fmt: skip
# From the slides themselves, which do not say how many images they tested on.
_SLIDES = ("the slides' own report", "FER2013", "6", "", "55 %", "", "", "", "75 %", "1,913,926", "about 4 h", "")


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells below a head, as a table in Markdown."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows))


def measured(share: float, n: int) -> str:
    """A share of ``n``, with its 95 % interval: "55.3 % (53.7 % to 56.9 %)"."""
    return with_interval(share, *wilson_interval(round(share * n), n))


def named(model: str, runs: Sequence[Mapping[str, Any]]) -> str:
    """The model's name as tables have it: "(FER+)" marks one that also learnt from FER+'s votes, so from more people.

    Args:
        model: the name.
        runs: records of training runs. Those of an ensemble name its members' commands; what a teacher, or weights
            that a run began with, had learnt from isn't followed.
    """
    own = [run["settings"] for run in runs if run["model"] == model]
    members = [command for settings in own for command in settings.get("members", ())]
    learnt = any(settings.get("votes") for settings in own) or any(map(_VOTES.search, members))
    return f"{model} (FER+)" if learnt else model


_VOTES = re.compile(r"\bvotes\s*=\s*\+?0*\.?0*[1-9]")
MARKED = "Models marked FER+ also learnt from the votes of FER+'s annotators."


def duration(seconds: float) -> str:
    """A time in words: "40 s", "54 min", "4 h 05 min"."""
    minutes = round(seconds / 60)
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def table(records: Sequence[Mapping[str, Any]]) -> str:
    """The results as Markdown: a row a model, dataset and split (not train), seeds together; then the commands.
    Lesson 10.

    With several seeds every number is their mean; the interval is that of the mean accuracy on n images, and the
    seeds' own accuracies stand in the last column. A row of the majority class goes before the models of each test set.
    The training accuracy is that of the finished model on the training images.
    """
    groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for value in records:
        for split, report in value["reports"].items():
            if split != "train":
                tested = (value["data"], split, len(report["classes"]), report["n"])
                groups.setdefault((*tested, value["model"]), []).append(value)
    rows, seen = [_SLIDES], set()
    for key in sorted(groups, key=lambda key: (key[:4], _mean(groups[key], key[1], "accuracy"), key[4])):
        if key[:4] not in seen:
            seen.add(key[:4])
            rows.append(_majority(groups[key][0], key[1]))
        rows.append(_row(groups[key], key[1]))
    commands = [
        f"- {value['model']}, seed {value['seed']}: `{value['command']}` ({_where(value)})" for value in records
    ]
    voted = any(named(value["model"], records) != value["model"] for value in records)
    after = ["", MARKED] * voted + (["", "Commands:", "", *commands] if commands else [])
    return "\n".join([markdown_table(_HEAD, rows), *after])


def _mean(group: Sequence[Mapping[str, Any]], split: str, name: str) -> float | None:
    reports = [value["reports"][split] for value in group if split in value["reports"]]
    values = [report[name] for report in reports if report[name] is not None]
    return sum(values) / len(values) if values else None


def _row(group: Sequence[Mapping[str, Any]], split: str) -> tuple[str, ...]:
    first, n = group[0], group[0]["reports"][split]["n"]
    detected, coverage = _mean(group, split, "accuracy_detected"), _mean(group, split, "coverage")
    trained = _mean(group, "train", "accuracy")
    apart = sorted(value["reports"][split]["accuracy"] for value in group)
    return (
        named(first["model"], group),
        f"{first['data']}, {split}",
        str(len(first["reports"][split]["classes"])),
        f"{n:,}",
        measured(_mean(group, split, "accuracy"), n),
        "" if detected is None or coverage == 1 else f"{percent(detected)} ({percent(coverage)})",
        f"{_mean(group, split, 'macro_f1'):.3f}",
        f"{_mean(group, split, 'ece'):.3f}",
        "" if trained is None else percent(trained),
        f"{first['parameters']:,}",
        duration(sum(value["seconds"] for value in group) / len(group)),
        "1" if len(group) == 1 else f"{len(group)}: " + ", ".join(percent(value) for value in apart),
    )


def _majority(value: Mapping[str, Any], split: str) -> tuple[str, ...]:
    report = value["reports"][split]
    # The commonest label of training, where the record tells it; else of the split itself, which can only be higher.
    training = value["reports"].get("train", report)["per_class"]
    name = max(training, key=lambda name: training[name]["n"])
    return (
        f"always {name}",
        f"{value['data']}, {split}",
        str(len(report["classes"])),
        f"{report['n']:,}",
        measured(report["per_class"][name]["n"] / report["n"], report["n"]),
        *("" for _ in _HEAD[5:]),
    )


def _where(value: Mapping[str, Any]) -> str:
    computer = value["machine"]
    return f"{value['date']}, {computer['accelerator'] or computer['processor']}, {computer['cores']} cores"
