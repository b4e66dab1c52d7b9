"""A JupyterLab of the tests' own, a browser with a drawn camera, and what a test does with both."""

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import cv2
import nbformat
import numpy as np

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PATIENCE = 120_000
"""ms that anything in the browser may take before a test gives up: far more than it needs, on any machine."""

OUTSIDE = "emocourse.test"
"""A host name that the test's browser finds here, and whose pages are neither https nor localhost."""

_QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-domain-reliability",
    "--disable-features=OptimizationHints,MediaRouter",
    "--disable-sync",
    "--no-first-run",
    "--no-sandbox",
)


def find_chromium() -> str | None:
    """The path of the system's Chromium or Chrome."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next(filter(None, map(shutil.which, names)), None)


def write_camera(path: Path, images) -> Path:
    """A file that Chromium takes for a camera: JPEG images one after the other, shown 30 a second, on and on."""
    with path.open("wb") as stream:
        for image in images:
            stream.write(cv2.imencode(".jpg", np.ascontiguousarray(image), [cv2.IMWRITE_JPEG_QUALITY, 90])[1])
    return path


class Lab:
    """A running JupyterLab with every folder of its own under ``folder``."""

    def __init__(self, folder: Path, app: str = "lab", options: tuple[str, ...] = ()) -> None:
        self.root = folder / "notebooks"
        self.temporary = folder / "tmp"
        self.folder = folder
        for path in (self.root, self.temporary, folder / "home"):
            path.mkdir(parents=True)
        self.token = secrets.token_hex(16)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._settings()
        command = {
            "lab": [
                "jupyterlab",
                f"--IdentityProvider.token={self.token}",
                f"--ServerApp.root_dir={self.root}",
                f"--ServerApp.local_hostnames={OUTSIDE}",
                "--ServerApp.disable_check_xsrf=True",
                "--LabApp.expose_app_in_browser=True",
                "--LabApp.news_url=None",
                "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
            ],
            "voila": ["voila", f"--token={self.token}"],
        }[app]
        self._log = (folder / "server.log").open("w")
        self.process = subprocess.Popen(
            [sys.executable, "-m", *command, "--no-browser", f"--port={self.port}", *self._root(app), *options],
            cwd=self.root,
            env=self.environment(),
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._wait("/api" if app == "lab" else f"/static/favicon.ico?token={self.token}")

    @staticmethod
    def _root(app: str) -> list[str]:
        return ["--allow-root"] if app == "lab" and hasattr(os, "geteuid") and os.geteuid() == 0 else []

    def environment(self) -> dict[str, str]:
        """Of the server and its kernels: nothing is read from the user's own folders, nor written there."""
        home = self.folder / "home"
        ours = {
            "HOME": home,
            "TMPDIR": self.temporary,
            "JUPYTER_CONFIG_DIR": home / "config",
            "JUPYTER_DATA_DIR": home / "data",
            "JUPYTER_RUNTIME_DIR": home / "runtime",
            "JUPYTERLAB_SETTINGS_DIR": home / "settings",
            "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces",
            "IPYTHONDIR": home / "ipython",
            "XDG_CACHE_HOME": home / "cache",
            "MPLCONFIGDIR": home / "matplotlib",
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(HERE)]),
        }
        return {**os.environ, **{name: str(value) for name, value in ours.items()}}

    def _settings(self) -> None:
        settings = {
            "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
            "@jupyterlab/docmanager-extension/plugin": {"autosave": False},
            "@jupyter-widgets/jupyterlab-manager/plugin": {"saveState": True},
        }
        for name, value in settings.items():
            path = self._setting(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(value))

    def _setting(self, name: str) -> Path:
        return self.folder / "home" / "settings" / f"{name}.jupyterlab-settings"

    @contextlib.contextmanager
    def setting(self, name: str, **values):
        """JupyterLab's settings for the pages that are opened in the block."""
        path = self._setting(name)
        path.write_text(json.dumps(values))
        try:
            yield
        finally:
            path.unlink()

    def _wait(self, address: str) -> None:
        until = time.monotonic() + PATIENCE / 1000
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{address}", timeout=5):
                    return
            except OSError as error:
                if isinstance(error, urllib.error.HTTPError):
                    return  # it answers
                if time.monotonic() > until or self.process.poll() is not None:
                    self.close()
                    raise RuntimeError(f"no server: {(self.folder / 'server.log').read_text()[-3000:]}") from None
                time.sleep(0.2)

    def address(self, path: str = "", host: str = "127.0.0.1") -> str:
        """Where a page of the server is."""
        return f"http://{host}:{self.port}/{path}"

    def api(self, path: str, method: str = "GET", **body) -> object:
        """One call of Jupyter Server's REST interface."""
        request = urllib.request.Request(
            self.address(f"api/{path}"), json.dumps(body).encode() if body else None, method=method
        )
        request.add_header("Authorization", f"token {self.token}")
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def close(self) -> None:
        """End the server and its kernels."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(30)
        self._log.close()

    def notebook(self, name: str, *cells: str) -> str:
        """Write a notebook of code cells; its name."""
        made = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell, id=f"c{k}") for k, cell in enumerate(cells)]
        )
        made.metadata.kernelspec = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
        nbformat.write(made, self.root / f"{name}.ipynb")
        return name


@contextlib.contextmanager
def browser(
    playwright,
    camera: Path | None = None,
    allowed: bool = True,
    profile: Path | None = None,
    host_rules: str = f"MAP {OUTSIDE} 127.0.0.1",
):
    """A page in a browser of its own.

    Args:
        camera: the file from :func:`write_camera`; None for a machine without a camera.
        allowed: whether the page may use the camera.
        profile: an empty folder for everything that the browser writes; None leaves that to Playwright.
        host_rules: which host names the browser finds where, for Chromium's ``--host-resolver-rules``.
    """
    flags = [*_QUIET, f"--host-resolver-rules={host_rules}"]
    if camera is not None:
        flags += ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={camera}"]
        if allowed:
            flags.append("--use-fake-ui-for-media-stream")
    options = {"executable_path": find_chromium(), "args": flags}
    view = {"viewport": {"width": 1250, "height": 1000}}
    if profile is None:
        running = playwright.chromium.launch(**options)
        context = running.new_context(**view)
    else:
        for name in ("home", "tmp"):
            (profile / name).mkdir(parents=True)
        own = {**os.environ, "HOME": str(profile / "home"), "TMPDIR": str(profile / "tmp")}
        running = context = playwright.chromium.launch_persistent_context(profile / "user", env=own, **options, **view)
    try:
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        yield page
    finally:
        running.close()


class Opened:
    """A notebook that is open in a page."""

    def __init__(self, lab: Lab, page, name: str, host: str = "127.0.0.1") -> None:
        self.lab, self.page, self.name = lab, page, name
        self.load(lab.address(f"lab/tree/{name}.ipynb?token={lab.token}&reset", host))

    def load(self, address: str) -> None:
        """Go to the notebook's page and wait for its kernel: what is run earlier is lost."""
        self.page.goto(address, wait_until="domcontentloaded")
        self.wait()

    def reload(self) -> None:
        """As with the browser's own button."""
        self.page.reload(wait_until="domcontentloaded")
        self.wait()

    def wait(self) -> None:
        """Until the kernel is idle."""
        self.page.wait_for_selector(".jp-Notebook .jp-Cell")
        self.page.wait_for_selector("text=Python 3 (ipykernel) | Idle")

    def command(self, name: str) -> None:
        """One of JupyterLab's own commands."""
        self.page.evaluate("name => window.jupyterapp.commands.execute(name).then(() => null, () => null)", name)

    def begin(self, name: str) -> None:
        """A command without waiting for its end."""
        self.page.evaluate("name => { window.jupyterapp.commands.execute(name); }", name)

    def run_all(self) -> None:
        """Run every cell, without waiting."""
        self.begin("notebook:run-all-cells")

    def run(self, cell: int) -> None:
        """Run one cell, without waiting."""
        self.page.evaluate(
            "k => { const notebook = window.jupyterapp.shell.currentWidget.content; notebook.deselectAll();"
            " notebook.activeCellIndex = k; window.jupyterapp.commands.execute('notebook:run-cell'); }",
            cell,
        )

    def output(self, cell: int) -> str:
        """The text below a cell."""
        area = self.page.locator(".jp-Notebook .jp-Cell").nth(cell).locator(".jp-OutputArea-output")
        return "\n".join(area.all_inner_texts())

    def ask(self, cell: int) -> str:
        """Run a cell that prints, and what it printed."""
        self.page.evaluate(
            "k => window.jupyterapp.shell.currentWidget.content.widgets[k].model.outputs?.clear?.()", cell
        )
        self.run(cell)
        self.page.wait_for_function(
            "k => { const cell = window.jupyterapp.shell.currentWidget.content.widgets[k].model;"
            " return cell.executionState !== 'running' && cell.outputs.length > 0; }",
            arg=cell,
        )
        return self.output(cell)

    def demo(self, k: int = 0) -> "Demo":
        """The k-th webcam widget of the page."""
        return Demo(self.page, self.page.locator(".emo-webcam").nth(k))


class Demo:
    """A webcam widget on a page."""

    def __init__(self, page, root) -> None:
        self.page, self.root = page, root

    @property
    def state(self) -> str:
        return self.root.get_attribute("data-state")

    @property
    def status(self) -> str:
        return self.root.locator(".emo-status").inner_text()

    def press(self) -> None:
        """The one button: start, or stop."""
        self.root.locator(".emo-start").click()

    def wait(self, state: str, text: str = "") -> str:
        """Until the widget is in a state and its status line says something; the status line."""
        self.root.locator(f"xpath=self::*[@data-state='{state}']").wait_for()
        if text:
            self.wait_text(text)
        return self.status

    def wait_text(self, text: str) -> None:
        """Until the status line says something."""
        self.root.locator(".emo-status", has_text=text).wait_for()

    def wait_people(self, n: int = 1) -> None:
        """Until that many cards are there."""
        self.root.locator(".emo-card").nth(n - 1).wait_for()

    def tracks(self) -> list[str]:
        """readyState of every track that the page ever got from a camera."""
        return self.page.evaluate("window.tracks.map((track) => track.readyState)")


KEEP_TRACKS = """
window.tracks = [];
if (navigator.mediaDevices) {
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = await ask(wanted);
    window.tracks.push(...stream.getTracks());
    return stream;
  };
}
"""
