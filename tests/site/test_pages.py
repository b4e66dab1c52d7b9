"""The site: lessons without answers, pages without faults, nothing from another host; a README that is true."""

import gzip
import html
import re
import shutil
from pathlib import Path
from urllib.parse import unquote, urlsplit

import firefox
import lab
import nbformat
import pytest
from gates import Lesson, contents, leaks, tags
from lengths import LONG
from PIL import Image

from course_tools.authoring import cells, sources
from course_tools.site import build, demo, images, measure, pages, readme, vendor
from emocourse import twin
from emocourse.errors import CourseError

ROOT = pages.ROOT
PHONE = 300_000
"""Bytes, packed, that a lesson's page asks for before one scrolls."""


@pytest.fixture(scope="module")
def lessons() -> list[Lesson]:
    return [Lesson.read(ROOT, path.stem) for path in sources.sources(ROOT)]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    if absent := build.missing():
        pytest.skip(f"{', '.join(absent)} not installed: pip install -e '.[site]'")
    target = tmp_path_factory.mktemp("site") / "site"
    build.build(target)
    return target


@pytest.fixture(scope="module")
def texts(site) -> dict[Path, str]:
    return {path: path.read_text(encoding="utf-8") for path in site.rglob("*.html")}


# --- lessons without answers ------------------------------------------------------------------------------------------


def cell(name, source, *outputs, **metadata):
    return nbformat.v4.new_code_cell(source, id=name, outputs=list(outputs), metadata=metadata)


def printed(text):
    return nbformat.v4.new_output("stream", text=text)


def shown(student, solution, folder):
    both = [nbformat.v4.new_notebook(cells=[one]) for one in (student, solution)]
    return pages.lesson(*both, folder).cells[0].outputs


def test_a_cell_shows_what_it_showed_in_the_solution(tmp_path):
    (output,) = shown(cell("01-a", "print(1)"), cell("01-a", "print(1)", printed("1\n")), tmp_path)
    assert output.text == "1\n"


@pytest.mark.parametrize(
    ("student", "solution"),
    [
        (cell("01-exercise-1-1", "x"), cell("01-exercise-1-1", "x", printed("secret"))),
        (cell("01-check-1-1", "x"), cell("01-check-1-1", "x", printed("secret"))),
        (cell("01-a", "..."), cell("01-a", "answer = 42", printed("secret"))),
        (cell("01-a", "x"), cell("01-a", "x", printed("secret"), tags=["solution"])),
        (cell("01-a", "x"), cell("01-b", "x", printed("secret"))),
    ],
)
def test_nothing_of_an_exercise_is_shown(student, solution, tmp_path):
    assert shown(student, solution, tmp_path) == []


def test_an_image_becomes_a_file_with_its_alt_text(tmp_path):
    data = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
    image = f'<img src="data:image/png;base64,{data}" alt="A dot">'
    output = nbformat.v4.new_output("display_data", {"text/html": image})
    (kept,) = shown(cell("01-a", "x"), cell("01-a", "x", output), tmp_path / "figures")
    (file,) = (tmp_path / "figures").iterdir()
    assert f'src="figures/{file.name}" loading="lazy" width="1" height="1" alt="A dot"' in kept.data["text/html"]


def test_a_widget_without_an_image_shows_nothing(tmp_path):
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}, "text/plain": "Webcam()"}
    output = nbformat.v4.new_output("display_data", view)
    assert shown(cell("01-a", "x"), cell("01-a", "x", output), tmp_path) == []


def answers(lesson: Lesson) -> set[str]:
    """Sentences, lines of code and of outputs that only the solution has."""
    public = " ".join(" ".join(one.source.split()) for one in lesson.student.cells)
    found, given = set(leaks.secrets([lesson])), set()
    for one in (one for one in lesson.answers.cells if one.cell_type == "code"):
        solved = "solution" in tags(one)
        for part in [one.source] if solved else contents.BLOCK.findall(one.source):
            found |= flat(part)
        if solved or cells.CELL.fullmatch(one.id):
            found |= {line for out in one.outputs for line in flat(out.get("text", ""))}
        given |= set() if solved else flat(contents.BLOCK.sub("", one.source))
    return {text for text in found - given if len(text) >= leaks.MIN_SENTENCE and text not in public}


def flat(text: str) -> set[str]:
    """Lines without what separates their words; comments, which lessons share, left out."""
    return {" ".join(line.split()) for line in text.splitlines() if not line.strip().startswith("#")}


def test_no_answer_is_on_the_site(texts, lessons):
    flowing = {path: " ".join(html.unescape(re.sub(r"<[^>]+>", "", text)).split()) for path, text in texts.items()}
    assert sum(len(answers(lesson)) for lesson in lessons) > 50
    for lesson in lessons:
        page = next(text for path, text in flowing.items() if path.stem == lesson.name)
        assert "You will learn" in page
        leaked = [answer for answer in answers(lesson) if answer in page]
        assert leaked == []
    for text in flowing.values():
        assert not [secret for secret in leaks.secrets(lessons) if secret in text]


def test_every_image_of_the_site_is_one_that_the_course_drew(site):
    known = ("lessons/figures", "_images", "_static", "demo")
    for path in site.rglob("*"):
        if path.suffix.lower() in (".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg"):
            assert path.relative_to(site).as_posix().startswith(known), path
    drawn = {hash_of(path) for path in [*(ROOT / "data/results").glob("*.png"), *(ROOT / "site").rglob("*.*")]}
    assert {hash_of(path) for path in (site / "_images").iterdir()} <= drawn
    assert not [path for path in site.rglob("*.py") if "solutions" in path.parts]


def hash_of(path: Path) -> str:
    return vendor.digest(path) if path.is_file() else ""


# --- pages without faults ---------------------------------------------------------------------------------------------


def test_links_inside_the_site_lead_somewhere(site, texts):
    for path, text in texts.items():
        anchors = {path: set(re.findall(r'\bid="([^"]+)"', text))}
        for target in re.findall(r'(?:href|src)="([^"]+)"', text):
            parts = urlsplit(html.unescape(target))
            if parts.scheme or target.startswith(("//", "data:")):
                continue
            there = path.parent / unquote(parts.path) if parts.path else path
            assert there.exists(), (path, target)
            if parts.fragment and there.suffix == ".html":
                known = anchors.setdefault(there, set(re.findall(r'\bid="([^"]+)"', there.read_text(encoding="utf-8"))))
                assert unquote(parts.fragment) in known, (path, target)


def test_no_page_loads_anything_from_another_host(texts):
    loads = re.compile(r'<(?:script|img|iframe|video|source|link)\b[^>]*(?:src|href)="(?:https?:)?//[^"]*"')
    for path, text in texts.items():
        assert loads.findall(text) == [], path


def test_a_lesson_is_light_on_a_phone(site, lessons):
    for lesson in lessons:
        page = site / "lessons" / f"{lesson.name}.html"
        text = page.read_text(encoding="utf-8")
        files = {page, *(page.parent / unquote(urlsplit(name).path) for name in first_files(text))}
        assert sum(len(gzip.compress(file.read_bytes())) for file in files) <= PHONE, lesson.name
        for image in re.findall(r"<img [^>]*>", text):
            assert 'loading="lazy"' in image and re.search(r'alt="[^"]{9,}"', image), image


def first_files(text: str) -> set[str]:
    return set(re.findall(r'<(?:script|link(?=[^>]* rel="stylesheet"))[^>]* (?:src|href)="([^"]+)"', text))


def test_every_lesson_room_and_table_has_its_place(site, texts):
    names = {path.relative_to(site).as_posix() for path in texts}
    assert {f"lessons/{one['name']}.html" for one in pages.headers()} <= names
    assert {f"reference/{name}.html" for name in ("faces", "models", "recognition", "twin")} <= names
    assert {"index.html", "results.html", "instructors.html", "contributing.html", "glossary.html"} <= names
    assert {"search.html", "demo/index.html"} <= names and (site / "searchindex.js").is_file()
    results = texts[site / "results.html"]
    assert "Leaderboard" in results and "Ablation on fer2013" in results and "Reference runs" in results
    assert "landing-start" in texts[site / "index.html"]
    assert "emocourse.faces.crop" in texts[site / "reference" / "faces.html"]


def test_missing_packages_end_in_one_sentence(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(build, "NEEDED", ("no_such_package",))
    assert build.main([str(tmp_path / "site")]) == 2
    assert "pip install -e '.[site]'" in capsys.readouterr().err


# --- in browsers ------------------------------------------------------------------------------------------------------

LOOKED_AT = ("index.html", "lessons.html", "lessons/01_ekmans_emotions.html", "results.html", "demo/index.html")
FITS = "document.documentElement.scrollWidth <= innerWidth"
TABLE_FITS = "((table) => table.scrollWidth <= table.clientWidth)(document.querySelector('.wide'))"
DEMO = "document.querySelector('.emo-webcam')?"


@pytest.fixture(scope="module")
def address(site):
    with measure.served(site) as place:
        yield place


@pytest.fixture(scope="module")
def photo(tmp_path_factory) -> Path:
    """Two drawn people."""
    path = tmp_path_factory.mktemp("photo") / "two.png"
    Image.fromarray(twin.scene(2, seed=2).image).save(path)
    return path


@pytest.fixture(scope="module")
def fox(tmp_path_factory):
    """The system's Firefox."""
    if firefox.find() is None:
        pytest.skip("no Firefox here (Debian: apt install firefox-esr)")
    running = firefox.Firefox(tmp_path_factory.mktemp("firefox"))
    yield running
    running.close()


@pytest.mark.parametrize("scheme", ["light", "dark"] if LONG else ["dark"])
def test_axe_finds_nothing_serious(playwright, address, photo, scheme):
    reason = "axe-playwright-python is not installed: pip install -e '.[test]'"
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason=reason).Axe()
    with lab.browser(playwright) as page:
        page.emulate_media(color_scheme=scheme)
        for path in LOOKED_AT:
            page.goto(address + path)
            if path.startswith("demo"):
                page.locator("input[type=file]").set_input_files(photo)
                page.locator(".emo-card").nth(1).wait_for()
            found = [one for one in axe.run(page).response["violations"] if one["impact"] in ("serious", "critical")]
            assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == [], path


def test_a_phone_shows_pages_whole_and_finds_words(playwright, address):
    with lab.browser(playwright) as page:
        page.set_viewport_size({"width": 390, "height": 900})
        for path in LOOKED_AT:
            page.goto(address + path)
            assert page.evaluate(FITS), path
        page.goto(address + "lessons.html")
        assert page.evaluate(TABLE_FITS)
        page.goto(address + "search.html?q=landmarks")
        page.locator("#search-results li").nth(10).wait_for()
        assert page.evaluate(FITS)


def test_firefox_shows_pages_and_finds_words(fox, address):
    for path in LOOKED_AT:
        fox.open(address + path, width=390)
        assert fox.value(FITS), path
    fox.open(address + "search.html?q=landmarks")
    fox.wait("document.querySelectorAll('#search-results li').length > 3")


def test_firefox_reads_a_photo_and_a_camera(fox, address, photo):
    fox.open(address + "demo/index.html")
    fox.wait(f"{DEMO}.dataset.state === 'idle'")
    fox.give("input[type=file]", photo)
    fox.wait(f"{DEMO}.innerText.includes('2 people found in the photo.')")
    assert fox.value("document.querySelectorAll('.emo-card .emo-name').length") == 2 * 7
    fox.open(address + "demo/index.html")
    fox.wait(f"{DEMO}.dataset.state === 'idle'")
    fox.value("document.querySelector('.emo-start').click()")
    fox.wait(f"{DEMO}.dataset.state === 'running' && {DEMO}.innerText.includes('The camera is on.')")
    fox.value("document.querySelector('.emo-start').click()")
    fox.wait(f"{DEMO}.dataset.state === 'idle' && {DEMO}.innerText.includes('Stopped.')")


# --- the demo's files -------------------------------------------------------------------------------------------------


def test_third_party_files_are_as_listed():
    assert vendor.problems() == []
    for package in vendor.read_list():
        assert package["licence"] and re.fullmatch(r"\d+\.\d+\.\d+", package["version"])
        assert any(file["to"].endswith("LICENSE") for file in package["files"])


def test_a_changed_third_party_file_stops_the_build(tmp_path):
    shutil.copytree(vendor.FOLDER, tmp_path / "vendor")
    (tmp_path / "vendor" / "face-api" / "LICENSE").write_text("mine")
    (tmp_path / "vendor" / "more.js").write_text("")
    (tmp_path / "vendor" / "tfjs-backend-wasm" / "LICENSE").unlink()
    assert vendor.problems(tmp_path / "vendor") == [
        "tfjs-backend-wasm/LICENSE is missing",
        "more.js is not in vendor.json",
        "face-api/LICENSE was changed",
    ]


def test_a_package_with_another_content_is_refused(tmp_path):
    (package, _) = vendor.read_list()
    for file in package["files"]:
        path = tmp_path / file["from"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"another")
    with pytest.raises(CourseError, match="another checksum"):
        vendor.lay(package, tmp_path, tmp_path / "target", accept=False)


def test_the_demo_is_copied_and_says_what_was_measured(tmp_path):
    needed = demo.lay(tmp_path / "demo")
    assert measure.packed_bytes(tmp_path / "demo", needed) <= 1.5e6
    for name in demo.NETWORKS:
        ours = (ROOT / "data" / "weights" / f"{name}.safetensors").read_bytes()
        assert (tmp_path / "demo" / "weights" / f"{name}.safetensors").read_bytes() == ours
    (slides,) = (one for one in demo.facts()["networks"] if one["name"] == "slides")
    assert re.search(r"was right on \d\d % of \d+ of these images, and with dlib's on \d\d %", slides["note"])
    with pytest.raises(CourseError, match="not empty"):
        demo.lay(tmp_path / "demo")


# --- the README -------------------------------------------------------------------------------------------------------


def test_the_readme_agrees_with_the_lessons():
    assert readme.is_fresh(), "run: python -m course_tools.site.readme"
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for one in pages.headers():
        link = f"[{one['title']}](lessons/{one['name']}.ipynb)" + ("" if one["number"] else ", optional")
        assert one["minutes"] and f"{link} | {one['minutes']} |" in text


def test_the_readme_is_short_and_shows_what_one_builds():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 150
    shown = re.findall(r"!\[([^\]]+)\]\((site/images/[\w.]+)\)", text)
    assert [name for _, name in shown] == ["site/images/pipeline.png", "site/images/demo.webp"]
    assert all(len(alt.split()) > 15 for alt, _ in shown)
    assert sum((ROOT / name).stat().st_size for _, name in shown) < 1e6
    assert "emocourse[heif]" in text and "55 %" in text and "fer-package" in text


def test_the_animation_moves():
    with Image.open(images.FOLDER / "demo.webp") as film:
        assert film.n_frames >= 20 and film.width > 600


def test_a_link_for_a_jupyterhub(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[tool.emocourse]\nrepository = "who/faces"\n')
    link = readme.hub_link(tmp_path)
    assert "git-pull?repo=https%3A%2F%2Fgithub.com%2Fwho%2Ffaces&branch=main" in link
    assert "lab%2Ftree%2Ffaces%2Flessons%2F00_start_here.ipynb" in link
