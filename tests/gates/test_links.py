"""Links inside the course, and the form of those that lead outside; no test goes to the internet."""

import pytest

from gates import links


@pytest.fixture(scope="module")
def texts(root):
    return links.pages(root)


def test_links_inside_the_course_lead_somewhere(texts):
    assert links.inside(texts) == []


def test_addresses_outside_are_well_formed(texts):
    assert links.malformed(texts) == []


def test_every_kind_of_page_is_looked_at(texts, root):
    names = {str(path.relative_to(root)) for path in texts}
    assert {"README.md", "CONTRIBUTING.md", "data/README.md", "lessons/00_start_here.ipynb"} <= names
    outside = links.outside(texts)
    assert "https://doi.org/10.1007/978-3-642-42051-1_16" in outside and len(outside) > 30
    assert not [address for address in outside if "localhost" in address]


GOOD = """# A title

See [the other](b.md#Two-Words), [GitHub's way](b.md#two-words), [here](#a-title), ![a bar](c.png), `[no](link)`.
[![a badge](c.png)](https://example.org/x) <https://example.org/y>, https://example.org/z. And
[doi 10.1016/S0031-3203(99)00137-5](https://doi.org/10.1016/S0031-3203(99)00137-5).
"""


@pytest.fixture
def course(tmp_path):
    (tmp_path / "b.md").write_text("# B\n\n## Two *Words*\n")
    (tmp_path / "c.png").write_bytes(b"")
    (tmp_path / "lessons").mkdir()
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "README.md").write_text("# Teaching\n")
    return tmp_path


def page(course, text):
    (course / "a.md").write_text(text)
    return links.pages(course)


def test_good_links_pass(course):
    texts = page(course, GOOD)
    assert links.inside(texts) == links.malformed(texts) == []
    assert list(links.outside(texts)) == [
        "https://doi.org/10.1016/S0031-3203(99)00137-5",
        *(f"https://example.org/{letter}" for letter in "xyz"),
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[x](missing.md)", "leads nowhere"),
        ("[x](b.md#three)", "names no heading"),
        ("[x](#nothing)", "names no heading"),
        ("[x](c.png#here)", "names no heading"),
        ("![x](missing.png)", "leads nowhere"),
        ("[![x](missing.png)](b.md)", "leads nowhere"),
        ("[x](/b.md)", "no link inside the course"),
        ("[x](file:///b.md)", "no link inside the course"),
        ("[x](http://example.org)", "not https"),
        ("[x](https://example)", "names no host"),
        ("http://example.org/x", "not https"),
        ("[x](https://doi.org/9.1007/x)", "not of the form"),
        ("[x](https://doi.org/10.1007)", "not of the form"),
        ("[x](https://dx.doi.org/10.1007/x)", "not of the form"),
        ("[x](https://doi.org/10.1007/x.)", "not of the form"),
        ("[doi 10.1007/x](https://doi.org/10.1007/y)", "does not lead to"),
        ("doi 10.1007/x", "does not lead to"),
    ],
)
def test_a_bad_link_is_stopped(course, text, problem):
    texts = page(course, f"# A\n\n{text}\n")
    assert any(problem in found for found in [*links.inside(texts), *links.malformed(texts)])


def test_a_lesson_must_not_lead_to_the_solutions(course):
    import nbformat

    cell = nbformat.v4.new_markdown_cell("[the answers](../solutions/README.md)")
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), course / "lessons" / "00_x.ipynb")
    assert links.inside(links.pages(course)) == ["lessons/00_x.ipynb: ../solutions/README.md leads to the solutions"]


def test_the_visit_asks_twice_and_names_the_page():
    asked = []

    def ask(address):
        asked.append(address)
        return "404" if address == "gone" or (address == "slow" and asked.count("slow") == 1) else None

    assert links.visit({"there": ["a.md"], "slow": ["a.md"], "gone": ["a.md", "b.md"]}, ask) == [
        "gone (a.md, b.md): 404"
    ]
    assert asked == ["there", "slow", "slow", "gone", "gone"]
