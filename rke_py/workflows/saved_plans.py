"""Plans that were saved to be carried out later, as they were or not at all."""

from __future__ import annotations

from pathlib import Path

from rke_py.errors import PlanOutdated, UsageError
from rke_py.plan.basis import Basis, changes, plan_basis, read_basis, saved_plan
from rke_py.plan.model import Plan
from rke_py.release import __version__
from rke_py.state.model import State
from rke_py.stores.certificate_folder import read_folder
from rke_py.stores.disk import WRITABLE, LocalDisk, replace_file
from rke_py.workflows.context import Context
from rke_py.workflows.loading import Asked

_MAKE_ONE = "Make one with: rke-py plan --save FILE"
_MOST_CHANGES = 12


def basis_of(plan: Plan, asked: Asked, remembered: State | None, context: Context) -> Basis:
    """Return what a plan of this run rests on."""
    return plan_basis(
        plan,
        program=__version__,
        configuration=[asked.remembered, [addon.text for addon in asked.cluster.addons]],
        state=remembered,
        only=context.only,
        skip=context.skip,
        certificates=read_folder(context.own_certificates) if context.own_certificates else None,
    )


def save_plan(path: Path, shown: object, basis: Basis) -> None:
    """Write a plan, as data that is fit to be shown, with what it rests on, for ``up --plan``.

    Raises:
        UsageError: It cannot be written.
    """
    try:
        replace_file(LocalDisk(), path.resolve(), saved_plan(shown, basis).encode())
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}", hint=WRITABLE) from error


def load_basis(path: Path) -> Basis:
    """Read what a saved plan rests on; raises UsageError when the file is not one."""
    try:
        basis = read_basis(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", hint=_MAKE_ONE) from error
    except UnicodeDecodeError:
        basis = None
    if basis is None:
        raise UsageError(f"{path} is not a saved plan", hint=_MAKE_ONE)
    return basis


def refuse_outdated(path: Path, saved: Basis, now: Basis) -> None:
    """Raise PlanOutdated when anything that the saved plan rests on has changed."""
    changed = changes(saved, now)
    if not changed:
        return
    more = (f"and {len(changed) - _MOST_CHANGES} more",) if len(changed) > _MOST_CHANGES else ()
    raise PlanOutdated(
        f"{path} does not hold any more; nothing was changed",
        evidence=(*changed[:_MOST_CHANGES], *more),
        hint=f"Look again with: rke-py plan --save {path}",
    )
