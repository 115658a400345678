"""The whole error tree; every fault an operator can meet is one of these.

RkeError
├── UsageError                 wrong flags or a file that is not there              exit 2
├── ConfigError                every fault of a cluster.yml at once                 exit 2
├── StateError                 cluster.rkestate damaged, foreign, older, locked     exit 1
├── PreflightError             every fault of all hosts at once                     exit 1
├── ConsentMissing             a step that interrupts was not agreed to             exit 1
├── RotationWaits              pods still rest on what a rotation is going to drop   exit 1
├── PlanOutdated               what a saved plan rests on has changed               exit 1
├── HostError                  one host: names it
│   ├── Unreachable            no SSH connection, or it was lost
│   ├── EngineError            Docker refused or failed
│   │   ├── ImageMissing       the registry does not have it, or cannot be reached
│   │   │   └── RegistryBusy   the registry may have it for whoever asks again later
│   │   └── NotFound           no such container
│   └── ProofFailed            the step was done but its proof did not come
├── ApiError                   the Kubernetes API refused or failed
│   └── ApiUnavailable         no API server answered, or it is overloaded or not ready
│       └── WebhookAway        it cannot ask a webhook, whose pods may still be starting
├── EtcdError                  etcd refused or failed
│   └── EtcdUnavailable        not now, perhaps later: no answer, no leader, a learner that is behind
├── RolloutFailed              hosts failed; carries each one's own error           exit 1
│   ├── WorkersFailed          only workers failed, the rest is done                exit 3
│   ├── MembersFailed          some etcd members have no snapshot, the others do    exit 3
│   └── RestoreFailed          a restore did not work, and says what is in place    exit 1
├── InternalError              rke-py itself is at fault                            exit 1
└── Interrupted                Ctrl-C                                               exit 130
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One fault found while checking, with what an operator needs to mend it.

    Attributes:
        where: ``cluster.yml:14:5 nodes[1].role[0]`` or a host's name; empty when it concerns everything.
        what: One sentence: what is wrong.
        hint: What to write or run instead; may be empty.
        warning: True when the run may go on.
    """

    where: str
    what: str
    hint: str = ""
    warning: bool = False

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.what}"


class RkeError(Exception):
    """A fault that is shown to the operator without a traceback.

    Args:
        what: One sentence: what went wrong.
        where: File and line, or the host.
        evidence: Lines that show it (a container's last log lines, a server's answer); never a secret.
        hint: What to try.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", evidence: Sequence[str] = (), hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.evidence = tuple(evidence)
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.where else self.what


class UsageError(RkeError):
    """Flags that contradict each other, or a file that is not there."""

    exit_code = 2


class _Collected(RkeError):
    """Several faults of one kind, shown together."""

    def __init__(self, what: str, problems: Sequence[Problem], *, hint: str = "") -> None:
        super().__init__(what, hint=hint)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join([self.what, *(f"  {problem}" for problem in self.problems)])


class ConfigError(_Collected):
    """Every fault of a cluster.yml."""

    exit_code = 2


class StateError(RkeError):
    """The state file is damaged, foreign, older than the cluster's, or locked by another run."""


class PreflightError(_Collected):
    """Every fault of all hosts, found before anything was changed."""


class ConsentMissing(RkeError):
    """A step destroys or interrupts something and nobody agreed to it."""


class PlanOutdated(RkeError):
    """What a saved plan rests on has changed since; ``evidence`` says what."""


class RotationWaits(RkeError):
    """A rotation waits for pods that still rest on what is old; ``evidence`` names them, and what was done stays."""


class HostError(RkeError):
    """A fault on one host."""

    def __init__(self, host: str, what: str, *, evidence: Sequence[str] = (), hint: str = "") -> None:
        super().__init__(what, where=host, evidence=evidence, hint=hint)
        self.host = host


class Unreachable(HostError):
    """No SSH connection to the host could be made, or it was lost."""


class LeftOut(Unreachable):
    """The operator asked to do without the host."""


class EngineError(HostError):
    """The host's Docker refused or failed."""


class ImageMissing(EngineError):
    """The image is not on the host and could not be pulled."""


class RegistryBusy(ImageMissing):
    """The registry refused for now, or broke off: the same may work a little later."""


class NotFound(EngineError):
    """There is no container of that name."""


class ProofFailed(HostError):
    """A step was done, but the proof that it works did not come in time."""


class ApiError(RkeError):
    """The Kubernetes API refused or failed.

    Args:
        status: The HTTP status, 0 when no answer came.
        reason: The API's reason word, such as ``Conflict``.
    """

    def __init__(
        self, what: str, *, status: int = 0, reason: str = "", evidence: Sequence[str] = (), hint: str = ""
    ) -> None:
        super().__init__(what, where="kube-apiserver", evidence=evidence, hint=hint)
        self.status = status
        self.reason = reason

    @property
    def answered(self) -> bool:
        """True when this is what an API server says of the very objects it was asked about."""
        return True


class ApiUnavailable(ApiError):
    """No API server answered, or none can do it now; worth asking again."""

    @property
    def answered(self) -> bool:
        """False: others may be asked."""
        return False


class WebhookAway(ApiUnavailable):
    """The API server cannot ask a webhook about an object; what serves it may still be starting."""

    @property
    def answered(self) -> bool:
        """True: all API servers ask the same webhook."""
        return True


class EtcdError(RkeError):
    """etcd refused or failed.

    Args:
        what: etcd's own message.
        code: The gRPC status code (9 failed precondition, 14 unavailable, ...), 0 when no answer came.
    """

    def __init__(
        self, what: str, *, code: int = 0, where: str = "etcd", evidence: Sequence[str] = (), hint: str = ""
    ) -> None:
        super().__init__(what, where=where, evidence=evidence, hint=hint)
        self.code = code


class EtcdUnavailable(EtcdError):
    """etcd did not answer, or cannot do it now and may later; worth asking again."""


class RolloutFailed(RkeError):
    """The run stopped; every failed host's own error is kept."""

    def __init__(self, what: str, failures: Sequence[RkeError], *, hint: str = "") -> None:
        super().__init__(what, hint=hint)
        self.failures = tuple(failures)


class WorkersFailed(RolloutFailed):
    """Everything is done but for some workers."""

    exit_code = 3


class MembersFailed(RolloutFailed):
    """Some etcd members have no snapshot; the others have one."""

    exit_code = 3


class RestoreFailed(RolloutFailed):
    """A restore of etcd did not become healthy; ``what`` says whether the old data are back."""

    def __init__(self, what: str, failures: Sequence[RkeError] = (), *, hint: str = "") -> None:
        super().__init__(what, failures, hint=hint)


class InternalError(RkeError):
    """A fault of rke-py itself; the log file has the traceback."""


class Interrupted(RkeError):
    """The operator pressed Ctrl-C; the steps under way were finished first."""

    exit_code = 130
