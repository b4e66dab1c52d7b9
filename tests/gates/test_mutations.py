"""The deliberate faults can still be put in; trying them all takes hours, and is done by hand (`make mutate`)."""

import shutil

import mutations
import pytest


def test_there_are_twenty_and_no_two_the_same():
    assert len({fault.name for fault in mutations.FAULTS}) == len(mutations.FAULTS) == 20
    assert len({(fault.file, fault.old, fault.new) for fault in mutations.FAULTS}) == 20


@pytest.mark.parametrize("fault", mutations.FAULTS, ids=lambda fault: fault.name)
def test_a_fault_has_its_place_and_leaves_python_that_runs(root, tmp_path, fault):
    mutations.source(tmp_path, fault).parent.mkdir(parents=True)
    shutil.copy(mutations.source(root, fault), mutations.source(tmp_path, fault))
    before = mutations.put(tmp_path, fault)
    after = mutations.source(tmp_path, fault).read_text(encoding="utf-8")
    assert after != before == mutations.source(root, fault).read_text(encoding="utf-8")
    compile(after, fault.file, "exec")
    for name in fault.near:
        assert (root / "tests" / f"{name}.py").is_file(), name


def test_a_fault_whose_place_has_gone_is_named(tmp_path):
    (tmp_path / "emocourse" / "faces").mkdir(parents=True)
    (tmp_path / "emocourse" / "faces" / "landmarks.py").write_text("INNER = slice(17, 67)\n")
    with pytest.raises(SystemExit, match="jaw kept"):
        mutations.put(tmp_path, mutations.FAULTS[0])


def test_failing_tests_are_told_from_passing_ones(tmp_path):
    (tmp_path / "test_a.py").write_text("def test_good(): pass\n")
    assert mutations.failed(tmp_path, ["test_a.py"]) is None
    (tmp_path / "test_a.py").write_text("def test_bad(): assert 0\n")
    assert mutations.failed(tmp_path, ["test_a.py"]) == "FAILED test_a.py::test_bad"
