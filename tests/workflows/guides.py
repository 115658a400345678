"""A guide done on the simulated fleet: each of its commands in its order, with what the text beside it says."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.docs.pages import commands
from tests.sim.operator import Operator

Act = Callable[[Operator], object]
Story = Sequence[tuple[str, Act]]


def told(page: str, story: Story, person: Operator) -> None:
    """Do what a guide says, which has exactly these commands."""
    assert [command.text for command in commands(page)] == [words for words, _ in story]
    for _, act in story:
        act(person)


def up(person: Operator) -> None:
    """Make it so."""
    person.up()


def plan(person: Operator) -> None:
    """Look first."""
    person.plan()


def is_healthy(person: Operator) -> None:
    """Look at the cluster, and find nothing."""
    assert person.status().healthy


def elsewhere(_person: Operator) -> None:
    """Leave it to other tests: it asks no host, builds an image, or is for those who lost something."""
