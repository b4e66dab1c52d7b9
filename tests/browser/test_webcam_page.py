"""`make demo`: the live demo as a page of its own, through Voila."""

import json
import subprocess

import lab as room
import pytest

DEMO = room.ROOT / "emocourse" / "widgets" / "webcam"


@pytest.fixture(scope="module")
def voila(playwright, tmp_path_factory):
    folder = tmp_path_factory.mktemp("voila")
    options = (str(DEMO / "demo.ipynb"), f"--Voila.config_file_paths={DEMO}")
    running = room.Lab(folder, "voila", options)
    yield running
    running.close()


def test_the_page_runs_the_demo_and_asks_nobody_else(playwright, camera, voila):
    outside, trouble = [], []
    with room.browser(playwright, camera) as page:
        page.add_init_script(room.KEEP_TRACKS)
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("requestfinished", lambda request: outside.append(request.url))
        page.on("websocket", lambda channel: outside.append(channel.url))
        page.goto(voila.address(f"?token={voila.token}"))
        demo = room.Demo(page, page.locator(".emo-webcam"))
        demo.root.wait_for()
        assert page.locator("h1").inner_text().strip().startswith("Emotions, live")
        assert page.locator(".jp-CodeCell .jp-Editor").count() == 0  # a page, not a notebook
        demo.press()
        demo.wait("running", "The camera is on.")
        demo.wait_people()
        demo.press()
        demo.wait("idle")
        assert demo.tracks() == ["ended"] and trouble == []
    own = tuple(f"{kind}://127.0.0.1:{voila.port}/" for kind in ("http", "ws"))
    assert any(url.startswith("ws://") for url in outside)
    assert [url for url in outside if not url.startswith((*own, "blob:", "data:"))] == []


def test_the_page_may_not_connect_to_anyone_else(voila, playwright):
    """The browser itself refuses, whatever a script on the page tries."""
    with room.browser(playwright) as page:
        page.goto(voila.address(f"?token={voila.token}"))
        page.locator(".emo-webcam").wait_for()
        refused = page.evaluate(
            "() => new Promise((resolve) => { document.addEventListener('securitypolicyviolation',"
            " (event) => resolve(event.blockedURI)); fetch('http://192.0.2.1/').catch(() => {}); })"
        )
        assert refused.startswith("http://192.0.2.1")


def test_make_demo_opens_this_page():
    said = subprocess.run(
        ["make", "--dry-run", "--always-make", "demo"], cwd=room.ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert "voila emocourse/widgets/webcam/demo.ipynb --Voila.config_file_paths=emocourse/widgets/webcam" in said
    config = json.loads((DEMO / "voila.json").read_text())
    assert config["Voila"]["ip"] == "127.0.0.1"
