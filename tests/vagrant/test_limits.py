from dataclasses import replace

import pytest

from vagrant.lab.limits import NEEDED, raise_limits, restore_limits
from vagrant.lab.machine import Machine

NAME = "fs/inotify/max_user_instances"
ROOT = Machine(root=True, bounding=frozenset(), cgroup_version=2, memory=1 << 34, nameservers=())


@pytest.fixture
def sysctls(tmp_path):
    (tmp_path / NAME).parent.mkdir(parents=True)
    return tmp_path


@pytest.mark.parametrize(
    ("before", "meanwhile"), [("128\n", NEEDED[NAME]), ("4096\n", 4096)], ids=["too-low", "high-enough"]
)
def test_a_limit_is_raised_for_labs_and_put_back_after_the_last(sysctls, before, meanwhile):
    file = sysctls / "noted.json"
    (sysctls / NAME).write_text(before)
    raise_limits(file, ROOT, sysctls)
    raise_limits(file, ROOT, sysctls)
    assert int((sysctls / NAME).read_text()) == meanwhile
    restore_limits(file, sysctls)
    assert int((sysctls / NAME).read_text()) == int(before)
    assert not file.exists()


def test_somebody_else_than_root_changes_nothing(sysctls):
    (sysctls / NAME).write_text("128")
    raise_limits(sysctls / "noted.json", replace(ROOT, root=False), sysctls)
    assert (sysctls / NAME).read_text() == "128"


def test_a_kernel_without_the_limit_has_nothing_to_raise(sysctls):
    raise_limits(sysctls / "noted.json", ROOT, sysctls)
    assert not (sysctls / "noted.json").exists()
