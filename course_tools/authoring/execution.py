"""Running a lesson's notebook on a fresh kernel, and keeping of its outputs only what the next run would give again."""

import copy
import re
from pathlib import Path
from typing import TYPE_CHECKING

from emocourse.errors import CourseError

if TYPE_CHECKING:
    from nbformat import NotebookNode

CELL_TIMEOUT = 600  # seconds
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]{6,}")


def run(notebook: "NotebookNode", path: Path, timeout: int = CELL_TIMEOUT) -> "NotebookNode":
    """Execute a copy of ``notebook`` in the folder of ``path`` and return it with its outputs.

    Args:
        notebook: cells without outputs.
        path: the file that the notebook comes from; errors name it, and its folder is the working folder.
        timeout: seconds that one cell may take.

    Raises:
        CourseError: a cell raised an error or took too long, the kernel died, or an output would differ in the next run
            (an object's address, a path of this machine). The sentence names the file and the cell.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    executed = copy.deepcopy(notebook)
    client = NotebookClient(
        executed,
        timeout=timeout,
        kernel_name="python3",
        record_timing=False,
        store_widget_state=False,
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
        resources={"metadata": {"path": str(path.parent)}},
    )
    metadata = dict(notebook.metadata)
    position = 0

    def note(cell, cell_index: int) -> None:
        nonlocal position
        position = cell_index + 1

    client.on_cell_start = note
    try:
        client.execute()
    except CellExecutionError as error:
        raise CourseError(f"{path}, cell {position}: it stopped with {error.ename}: {error.evalue}") from error
    except CellTimeoutError as error:
        raise CourseError(f"{path}, cell {position}: it took more than {timeout} s; make it shorter.") from error
    except DeadKernelError as error:
        raise CourseError(
            f"{path}, cell {position}: the kernel died; the machine may have too little memory."
        ) from error
    executed.metadata.clear()
    executed.metadata.update(metadata)
    for position, cell in enumerate(executed.cells, start=1):
        if cell.cell_type == "code":
            cell.metadata.pop("execution", None)
            volatile = "volatile" in cell.metadata.get("tags", [])
            cell.outputs = [] if volatile else _lasting(cell.outputs, path, position)
    return executed


def _lasting(outputs: list, path: Path, position: int) -> list:
    """The outputs without what changes from run to run; an error where that cannot be taken out."""
    kept = []
    for output in outputs:
        if output.output_type == "stream" and output.name == "stderr":
            text = output.text.strip()
            raise CourseError(
                f"{path}, cell {position}: it writes to stderr ({text.splitlines()[0][:80]!r}); make it quiet."
            )
        data = output.get("data", {})
        if data.pop(WIDGET_VIEW, None) is not None and not data:
            continue
        parts = [output.get("text", ""), data.get("text/plain", ""), data.get("text/html", "")]
        text = "\n".join(parts + output.get("traceback", []))
        if ADDRESS.search(text):
            raise CourseError(f"{path}, cell {position}: it shows an object's address in memory; show something else.")
        for private in {str(path.parent.resolve().parent), str(Path.home())} - {"/"}:
            if private in text:
                raise CourseError(f"{path}, cell {position}: it shows a path of this machine; show the name only.")
        if (
            output.output_type == "stream"
            and kept
            and kept[-1].output_type == "stream"
            and kept[-1].name == output.name
        ):
            kept[-1].text += output.text
        else:
            kept.append(output)
    return kept
