"""The glossary: every term is explained once, used, and linked where a lesson's prose first has it."""

import re

import nbformat
import pytest

from course_tools.authoring import glossary, hosting
from course_tools.authoring import sources as authoring

ROOT = authoring.CHECKOUT
TERMS = glossary.terms(ROOT)
ONLY_IN_TABLES = {"macro-F1"}
LINK = re.compile(r"\[([^\[\]]+)\]\(glossary\.md#([^)]+)\)")


def links(notebook) -> list[tuple[str, str]]:
    """(words, anchor) of each link to the glossary, in order."""
    return [found for cell in notebook.cells for found in LINK.findall(cell.source)]


@pytest.fixture(scope="module")
def lessons() -> dict:
    return {path.stem: nbformat.read(ROOT / "lessons" / f"{path.stem}.ipynb", 4) for path in authoring.sources(ROOT)}


def test_the_terms_are_in_order_each_once_and_explained():
    text = (ROOT / "lessons" / glossary.NAME).read_text(encoding="utf-8")
    names = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert len(names) >= 50 and names == sorted(set(names), key=str.lower) and set(names) == set(TERMS.values())
    assert len({glossary.slug(name) for name in names}) == len(names)
    for entry in text.split("\n## ")[1:]:
        assert len(entry.partition("\n")[2].split()) >= 4, entry


def test_every_term_is_linked_and_every_link_leads_to_a_term(lessons):
    anchors = {term.replace(" ", "-") for term in TERMS.values()}
    led = {anchor for lesson in lessons.values() for _, anchor in links(lesson)}
    assert anchors - led == ONLY_IN_TABLES and led <= anchors


def test_a_lesson_links_a_term_once_where_its_prose_first_has_it(lessons):
    kept = re.compile(glossary._KEPT, re.MULTILINE)
    for name, lesson in lessons.items():
        cells = [cell.source for cell in lesson.cells[1:] if cell.cell_type == "markdown"]
        prose = "\n\n".join(cells).partition("## Further reading")[0]
        for term in set(TERMS.values()):
            forms = "|".join(glossary._pattern(form) for form, of in TERMS.items() if of == term)
            link = re.compile(rf"\[(?:{forms})\]\(glossary\.md#{re.escape(term.replace(' ', '-'))}\)")
            before, *after = link.split(prose)
            assert len(after) < 2, (name, term)
            longer = "|".join(glossary._pattern(form) for form, of in TERMS.items() if of != term and " " in form)
            plain = re.sub(longer, "§", kept.sub("§", before))
            assert not re.search(rf"(?<![\w-])(?:{forms})(?![\w-])", plain), (name, term)
        assert len(links(lesson)) == len(LINK.findall(prose))


def test_no_link_stands_in_code_in_a_heading_a_table_or_the_references(lessons):
    for lesson in lessons.values():
        assert not LINK.search(lesson.cells[0].source)
        for cell in lesson.cells:
            if cell.cell_type == "code":
                assert glossary.NAME not in cell.source
            assert not [line for line in re.findall(r"^[#|].*$", cell.source, re.MULTILINE) if LINK.search(line)]
            assert not LINK.search(cell.source.partition("## Further reading")[2])


@pytest.fixture
def checkout(tmp_path):
    (tmp_path / "lessons").mkdir()
    entries = (
        "# Glossary",
        "## AU",
        "*Also action unit.* A move.",
        "## loss",
        "A number.",
        "## McNemar's test",
        "A test.",
    )
    (tmp_path / "lessons" / glossary.NAME).write_text("\n\n".join(entries))
    (tmp_path / "pyproject.toml").write_text(f'[tool.emocourse]\nrepository = "{hosting.PLACEHOLDER}"\n')
    return tmp_path


def linked(checkout, *cells: str) -> str:
    made = [nbformat.v4.new_markdown_cell(text) for text in ("# Title, with a loss", *cells)]
    lesson = nbformat.v4.new_notebook(cells=made)
    glossary.link(lesson, checkout)
    assert lesson.cells[0].source == "# Title, with a loss"
    return "\n\n".join(cell.source for cell in lesson.cells[1:])


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Losses fall. A loss.", "[Losses](glossary.md#loss) fall. A loss."),
        ("Two *action\nunits*, or AUs.", "Two *[action\nunits](glossary.md#AU)*, or AUs."),
        ("By McNemar's test.", "By [McNemar's test](glossary.md#McNemar's-test)."),
        ("A lossless au, a glossary, loss-making.", "A lossless au, a glossary, loss-making."),
        ("## A loss\n\nThe loss.", "## A loss\n\nThe [loss](glossary.md#loss)."),
        ("`loss` is $loss$, ```\nloss\n```, [a loss](x.md)", "`loss` is $loss$, ```\nloss\n```, [a loss](x.md)"),
        ("```\nthe loss\n```\n\n| loss |\n", "```\nthe loss\n```\n\n| loss |\n"),
        ("## Further reading\n\n- The loss.", "## Further reading\n\n- The loss."),
    ],
)
def test_what_is_linked(checkout, text, wanted):
    assert linked(checkout, text) == wanted


def test_a_term_is_linked_once_in_all_cells(checkout):
    assert linked(checkout, "A loss.", "The loss.") == "A [loss](glossary.md#loss).\n\nThe loss."


def test_with_an_address_the_links_work_on_colab_and_on_the_site(checkout):
    hosting.set_repository(checkout, "ann/course")
    text = linked(checkout, "By McNemar's test of an action unit.")
    there = "https://github.com/ann/course/blob/main/lessons/glossary.md"
    assert text == f"By [McNemar's test]({there}#mcnemars-test) of an [action unit]({there}#au)."
    wanted = "By [McNemar's test](../glossary.md#mcnemars-test) of an [action unit](../glossary.md#au)."
    assert glossary.for_site(text) == wanted
    hosting.set_repository(checkout, hosting.PLACEHOLDER)
    assert glossary.for_site(linked(checkout, "By McNemar's test of an action unit.")) == wanted


def test_lessons_of_somebodys_own_need_no_glossary(checkout):
    (checkout / "lessons" / glossary.NAME).unlink()
    assert linked(checkout, "A loss.") == "A loss."
