"""`emocourse results`: a finished run becomes part of the course's data, and the README says so."""

import pytest
from test_results import made, rows_of

from course_tools.reference import publishing
from emocourse import results
from emocourse.cli.main import main
from emocourse.errors import CourseError

README = f"# Course\n\n{publishing.START}\n{publishing.END}\n\nThe end.\n"


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    (tmp_path / "data" / "twin").mkdir(parents=True)
    (tmp_path / "README.md").write_text(README, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "runs" / "one"
    folder.mkdir(parents=True)
    results.write(made(), folder)
    (folder / "weights.safetensors").write_bytes(b"the weights")
    return folder


def test_a_run_is_taken_over_and_shipped(checkout, run, capsys):
    assert main(["results", "--add", str(run), "--ship"]) == 0
    written = capsys.readouterr().out.split()
    assert "data/results/slides-twin-seed0.json" in written and "README.md" in written
    assert all((checkout / path).is_file() for path in written)
    assert (checkout / "data" / "weights" / "slides.safetensors").read_bytes() == b"the weights"
    assert publishing.readme_is_fresh(checkout / "README.md", checkout / "data" / "results")
    text = (checkout / "README.md").read_text(encoding="utf-8")
    assert text.startswith("# Course") and text.endswith("The end.\n") and "slides" in text


def test_nothing_to_do_the_second_time(checkout, run, capsys):
    main(["results", "--add", str(run)])
    before = (checkout / "README.md").read_bytes()
    capsys.readouterr()
    assert main(["results"]) == 0
    assert "agrees" in capsys.readouterr().out
    assert (checkout / "README.md").read_bytes() == before


def test_without_ship_no_weights_are_touched(checkout, run):
    main(["results", "--add", str(run)])
    assert not (checkout / "data" / "weights").exists()


@pytest.mark.parametrize("lacks", ["record", "weights"])
def test_an_unfinished_run_is_refused(checkout, run, lacks):
    (run / {"record": "slides-twin-seed0.json", "weights": "weights.safetensors"}[lacks]).unlink()
    with pytest.raises(CourseError, match="finish it first"):
        publishing.publish(run, checkout / "data")
    assert not (checkout / "data" / "results").exists()


def test_outside_a_checkout(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["results"]) == 2
    assert "no checkout" in capsys.readouterr().err


def test_ship_needs_a_run(checkout, capsys):
    assert main(["results", "--ship"]) == 2
    assert "--add" in capsys.readouterr().err


@pytest.fixture
def example():
    return made()


def test_update_readme(tmp_path, example):
    records, readme = tmp_path / "records", tmp_path / "README.md"
    before, after = "# Course\n\n<!-- results:start -->", "<!-- results:end -->\n\nMore – text\n"
    readme.write_text(f"{before}\nold\n{after}", encoding="utf-8")
    assert not publishing.readme_is_fresh(readme, records)
    assert publishing.update_readme(readme, records)
    empty = readme.read_text(encoding="utf-8")
    assert empty.startswith(before) and empty.endswith(after) and "old" not in empty
    results.write(example, records)
    assert not publishing.readme_is_fresh(readme, records)
    assert publishing.update_readme(readme, records) and publishing.readme_is_fresh(readme, records)
    assert not publishing.update_readme(readme, records)
    full = readme.read_text(encoding="utf-8")
    assert full.startswith(before) and full.endswith(after) and len(rows_of(full)) == 3


@pytest.mark.parametrize(
    "text",
    [
        "nothing",
        "<!-- results:start -->",
        "<!-- results:end --> <!-- results:start -->",
        "<!-- results:start --> <!-- results:end --> <!-- results:end -->",
    ],
)
def test_update_readme_refuses_a_readme_without_its_marks(tmp_path, text):
    readme = tmp_path / "README.md"
    readme.write_text(text, encoding="utf-8")
    with pytest.raises(CourseError, match="put them back"):
        publishing.update_readme(readme, tmp_path)
    assert readme.read_text(encoding="utf-8") == text
    with pytest.raises(CourseError, match="cannot be read"):
        publishing.update_readme(tmp_path / "none.md", tmp_path)
    readme.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CourseError, match="UTF-8"):
        publishing.update_readme(readme, tmp_path)


def test_the_courses_readme_is_fresh(root):
    readme = root / "README.md"
    if not readme.exists():
        pytest.skip("there is no README here")
    assert publishing.readme_is_fresh(readme), "run: emocourse results"
