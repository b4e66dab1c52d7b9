"""The system's Firefox by WebDriver BiDi, its own protocol: Playwright asks for commands that Debian's ESR lacks."""

import json
import shutil
import subprocess
import time
from pathlib import Path

import websocket  # JupyterLab's server brings it

PATIENCE = 120
"""Seconds that anything may take before a test gives up."""

# A made-up camera that needs no permission; nothing is asked of the outside.
_SETTINGS = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "datareporting.policy.dataSubmissionEnabled": False,
    "app.normandy.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
}


def find() -> str | None:
    """The path of the system's Firefox."""
    return shutil.which("firefox-esr") or shutil.which("firefox")


class Firefox:
    """One page in a Firefox of its own, whose files lie in an empty folder."""

    def __init__(self, profile: Path) -> None:
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in _SETTINGS.items()]
        (profile / "user.js").write_text("\n".join(lines))
        command = [find(), "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        told = profile / "WebDriverBiDiServer.json"  # where it listens
        until = time.monotonic() + PATIENCE
        while not (told.is_file() and told.read_text()):
            if time.monotonic() > until or self.process.poll() is not None:
                raise RuntimeError("Firefox does not listen")
            time.sleep(0.1)
        address = "ws://{ws_host}:{ws_port}/session".format(**json.loads(told.read_text()))
        self._socket = websocket.create_connection(address, timeout=PATIENCE, suppress_origin=True)
        self._asked = 0
        self.ask("session.new", capabilities={})
        self._page = self.ask("browsingContext.getTree")["contexts"][0]["context"]

    def ask(self, method: str, **params) -> dict:
        """One command, and what Firefox answers."""
        self._asked += 1
        self._socket.send(json.dumps({"id": self._asked, "method": method, "params": params}))
        while True:
            answer = json.loads(self._socket.recv())
            if answer.get("id") == self._asked:
                if "result" not in answer:
                    raise RuntimeError(f"{method}: {answer['message']}")
                return answer["result"]

    def open(self, address: str, width: int = 1300) -> None:
        """Go to a page, and wait until it is loaded."""
        self.ask("browsingContext.setViewport", context=self._page, viewport={"width": width, "height": 900})
        self.ask("browsingContext.navigate", context=self._page, url=address, wait="complete")

    def _evaluate(self, expression: str) -> dict:
        target = {"context": self._page}
        answer = self.ask("script.evaluate", expression=expression, target=target, awaitPromise=True)
        if "result" not in answer:
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return answer["result"]

    def value(self, expression: str) -> object:
        """What an expression of the page is: a string, a number or a boolean."""
        return self._evaluate(expression).get("value")

    def wait(self, expression: str) -> None:
        """Until an expression of the page is true."""
        until = time.monotonic() + PATIENCE
        while not self.value(expression):
            if time.monotonic() > until:
                raise AssertionError(f"never true: {expression}; on the page: {self.value('document.body.innerText')}")
            time.sleep(0.2)

    def give(self, selector: str, path: Path) -> None:
        """Choose a file, as a person does."""
        element = self._evaluate(f"document.querySelector({json.dumps(selector)})")
        self.ask("input.setFiles", context=self._page, element={"sharedId": element["sharedId"]}, files=[str(path)])

    def close(self) -> None:
        """End it."""
        self._socket.close()
        self.process.kill()
        self.process.wait()
