"""Every public function says which lessons use it, and only those."""

import pytest

from course_tools.authoring import usage

LONG = '    """' + "x" * 105 + '."""'


@pytest.mark.parametrize("numbers", [[], ["03"], ["03", "06"]])
@pytest.mark.parametrize(
    "lines",
    [
        ['    """One."""'],
        ['    """One.', "", "    Args:", "        x: y", '    """'],
        ['    """One, which', '    goes on."""'],
        ['    """One, which', "    goes on.", '    """'],
        [LONG],
    ],
)
def test_lessons_stand_at_the_end_of_the_first_paragraph(lines, numbers):
    said = usage._with_lessons(lines, numbers)
    assert max(map(len, said)) <= 120
    assert usage._with_lessons(said, numbers) == said
    assert usage._with_lessons(said, []) == lines
    first = "\n".join(said).split("\n\n")[0].rstrip('" \n')
    assert first.endswith({0: ".", 1: "Lesson 03.", 2: "Lessons 03, 06."}[len(numbers)])


def test_a_checkout_is_brought_up_to_date_and_stays_so(tmp_path):
    (tmp_path / "solutions").mkdir()
    (tmp_path / "emocourse" / "faces").mkdir(parents=True)
    (tmp_path / "solutions" / "03_a.py").write_text("from emocourse import faces\nfaces.crop(1)\n")
    (tmp_path / "solutions" / "04_b.py").write_text("from emocourse.faces import crop\n")
    path = tmp_path / "emocourse" / "faces" / "detection.py"
    path.write_text(
        'def crop(x):\n    """Cut."""\n\n\ndef detect(x):\n    """Find. Lesson 09."""\n\n\ndef _own():\n    pass\n'
    )
    assert usage.update(tmp_path) == [path]
    assert '"""Cut. Lessons 03, 04."""' in path.read_text() and '"""Find."""' in path.read_text()
    assert usage.outdated(tmp_path) == {}


def test_the_course_is_up_to_date(root):
    assert usage.outdated(root) == {}
