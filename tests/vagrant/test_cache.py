"""The cache: keys by content, and targets that are there whole or not at all."""

from __future__ import annotations

import pytest

from vagrant.lab.cache import Cache, key_of


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "a").write_text("1")
    (tmp_path / "in" / "deep" / "b").write_text("2")
    return tmp_path / "in"


def test_equal_content_has_an_equal_key(folder, tmp_path):
    before = key_of(folder)
    (folder / "a").write_text("1")
    assert key_of(folder) == before


@pytest.mark.parametrize("name", ["a", "deep/b", "new"])
def test_a_changed_file_changes_the_key(folder, name):
    before = key_of(folder)
    (folder / name).write_text("other")
    assert key_of(folder) != before


def test_a_moved_file_changes_the_key(folder):
    before = key_of(folder)
    (folder / "a").rename(folder / "c")
    assert key_of(folder) != before


def test_bytecode_does_not_count(folder):
    before = key_of(folder)
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "a.pyc").write_bytes(b"x")
    assert key_of(folder) == before


def test_texts_do_not_run_together():
    assert key_of("ab", "c") != key_of("a", "bc")


def test_what_was_built_is_there_at_the_end(tmp_path):
    target = tmp_path / "built"
    with Cache(root=tmp_path).building(target) as work:
        (work / "program").write_text("x")
        assert not target.exists()
    assert (target / "program").read_text() == "x"


def test_what_failed_leaves_nothing(tmp_path):
    def fail():
        with Cache(root=tmp_path).building(tmp_path / "built") as work:
            (work / "half").write_text("x")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_the_engine_in_use_is_not_stopped(tmp_path):
    cache = Cache(root=tmp_path)
    with cache.engine_in_use(), cache.engine_unused() as unused:
        assert not unused


def test_the_engine_that_nobody_uses_may_be_stopped(tmp_path):
    with Cache(root=tmp_path).engine_unused() as unused:
        assert unused
