"""What a command that works on a cluster runs in: display, log, consent and Ctrl-C, opened and closed together."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import monotonic

import click
from pydantic import SecretStr

from rke_py.cli.consent import Consent
from rke_py.cli.console.choose import Choice, Output, display_for
from rke_py.cli.console.display import Display, Several
from rke_py.cli.crashes import internal, known
from rke_py.cli.interrupts import Departure, Interrupts
from rke_py.cli.passphrase import VARIABLE, Passphrases
from rke_py.cli.redaction import Redactor
from rke_py.cli.run_log import Bearings, LogReporter, run_log
from rke_py.errors import Interrupted, UsageError
from rke_py.progress import Note, Reporter
from rke_py.workflows.context import Context

STATE_KEY = "RKE_PY_STATE_KEY"
"""Environment variable whose value encrypts the copies of the state in the cluster and beside snapshots."""

STATE_KEY_FILE = "RKE_PY_STATE_KEY_FILE"
"""Environment variable that names a file with that key in it."""

_LOGGER = logging.getLogger("rke_py.cli")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the flags of a command say about how it runs.

    Attributes:
        config_needed: False for a command that does something useful without a cluster.yml.
        answer: True for a command that answers on standard output, see ``Choice``.
        quiet: Leave single steps out of what is shown.
        log_file: The value of ``--log-file``; None puts it beside cluster.yml, where an answer's calls are left out.
    """

    config: Path
    config_needed: bool = True
    output: Output = Output.TEXT
    answer: bool = False
    quiet: bool = False
    yes: bool = False
    log_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Certificates:
    """The values of ``--custom-certs`` and ``--cert-dir``; a folder alone is a mistake worth a word."""

    custom: bool
    folder: Path | None

    def __post_init__(self) -> None:
        if self.folder and not self.custom:
            raise UsageError("--cert-dir is only read with --custom-certs", hint="Add --custom-certs to take it over.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What a workflow is given by the command line.

    Attributes:
        reporter: Takes the run's events.
        consent: Asks before something is destroyed or interrupted.
        stop: True once the run should start no further step.
        wait: Lets seconds pass, at most until somebody asks to stop.
        passphrase: Asks for the passphrase of a private key file.
        protect: Learns secrets, so that nothing shows them.
    """

    config: Path
    reporter: Reporter
    consent: Consent
    stop: Callable[[], bool]
    wait: Callable[[float], None]
    passphrase: Passphrases
    protect: Callable[[Iterable[str]], None]

    def context(
        self,
        *,
        accept_new_host_keys: bool = False,
        ssh_agent_auth: bool = False,
        skip: Iterable[str] = (),
        only: Iterable[str] = (),
        port_checks: bool = True,
        certificates: Certificates | None = None,
    ) -> Context:
        """Return what a workflow is given."""
        context = Context(
            config=self.config,
            reporter=self.reporter,
            consent=self.consent,
            stop=self.stop,
            passphrase=self.passphrase,
            accept_new_host_keys=accept_new_host_keys,
            ssh_agent_auth=ssh_agent_auth,
            skip=frozenset(skip),
            only=frozenset(only),
            port_checks=port_checks,
            protect=self.protect,
            state_key=_state_key(),
        )
        if certificates is None or not certificates.custom:
            return context
        return replace(context, own_certificates=certificates.folder or context.certificates_path)


def _state_key() -> SecretStr | None:
    """Return the key that encrypts copies of the state: ``RKE_PY_STATE_KEY``, or what its file has.

    Raises:
        UsageError: The file cannot be read, or is empty.
    """
    given, file = os.environ.get(STATE_KEY), os.environ.get(STATE_KEY_FILE)
    if given or not file:
        return SecretStr(given) if given else None
    try:
        key = Path(file).read_text("utf-8").strip()
    except (OSError, ValueError) as error:
        raise UsageError(f"{STATE_KEY_FILE}: {file} cannot be read: {error}") from None
    if not key:
        raise UsageError(f"{STATE_KEY_FILE}: {file} is empty", hint="Write the key into it.")
    return SecretStr(key)


@contextmanager
def session(settings: Settings, redactor: Redactor) -> Iterator[Session]:
    """Open everything a run needs, and close it whatever happens.

    Raises:
        UsageError: There is no such cluster.yml, or the log cannot be written.
        InternalError: In place of any exception that is not in the error tree; its traceback is in the log.
    """
    if settings.config_needed and not settings.config.is_file():
        raise UsageError(f"there is no {settings.config}", hint=_NO_CONFIG)
    began, bearings = monotonic(), Bearings()
    choice = Choice(
        output=settings.output,
        answer=settings.answer,
        quiet=settings.quiet,
        elapsed=lambda: monotonic() - began,
        now=_now,
        redactor=redactor,
    )
    with ExitStack() as stack:
        calls = settings.log_file is not None or not settings.answer
        log = stack.enter_context(run_log(settings.config, settings.log_file, redactor, bearings, calls=calls))
        _LOGGER.info("%s", " ".join(sys.argv))
        display = display_for(choice)
        stack.enter_context(_ending(display, log))
        reporter = Several(display, LogReporter(bearings))
        announce = partial(reporter.report, Note(text=_STOPPING))
        interrupts = stack.enter_context(Interrupts(first=announce, second=Departure()))
        yield Session(
            config=settings.config,
            reporter=reporter,
            consent=Consent(yes=settings.yes, terminal=_terminal(), quiet=lambda: _asking(display, interrupts)),
            stop=interrupts.stop,
            wait=interrupts.wait,
            passphrase=Passphrases(
                given=os.environ.get(VARIABLE),
                terminal=_terminal(),
                quiet=display.paused,
                protect=redactor.protect,
            ),
            protect=redactor.protect,
        )


@contextmanager
def _ending(display: Display, log: Path) -> Iterator[None]:
    """Close the display at the end, with what ended the run; log it; turn an unknown exception into InternalError."""
    try:
        yield
    except (click.ClickException, click.exceptions.Exit, click.Abort):
        display.close(None)
        raise
    except KeyboardInterrupt:
        display.close(Interrupted("stopped at once"))
        raise
    except Exception as error:
        fault = known(error) or internal(error, log)
        _LOGGER.error("%s", fault, exc_info=error)
        display.close(fault)
        if fault is error:
            raise
        raise fault from error
    else:
        display.close(None)


@contextmanager
def _asking(display: Display, interrupts: Interrupts) -> Iterator[None]:
    with display.paused(), interrupts.suspended():
        yield


def _terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _now() -> datetime:
    return datetime.now(UTC)


_NO_CONFIG = "Name the file with --config, or write one for your machines: rke-py config init"
_STOPPING = "Stopping: steps under way are finished first, nothing new is started. Press Ctrl-C again to stop at once."
