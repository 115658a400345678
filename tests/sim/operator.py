"""Who runs rke-py in a simulation: writes a cluster.yml, runs workflows on it, edits it, kills a run, runs it again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml
from pydantic import SecretStr

from rke_py.cluster.backup_model import S3
from rke_py.pki.request import Request
from rke_py.pki.rotation import Kind, Rotation
from rke_py.plan.model import Plan
from rke_py.plan.observed_etcd import EtcdMember
from rke_py.progress import Event, StepEnded, StepStarted
from rke_py.state.model import State
from rke_py.stores.statefile import StateStore
from rke_py.workflows import certificates as certificates_workflow
from rke_py.workflows import clean_host as clean_workflow
from rke_py.workflows import doctor as doctor_workflow
from rke_py.workflows import encryption as encryption_workflow
from rke_py.workflows import etcd_care as care_workflow
from rke_py.workflows import etcd_members as members_workflow
from rke_py.workflows import list_nodes as list_workflow
from rke_py.workflows import plan as plan_workflow
from rke_py.workflows import push as push_workflow
from rke_py.workflows import recover_etcd as recover_workflow
from rke_py.workflows import recovery as recovery_workflow
from rke_py.workflows import remove as remove_workflow
from rke_py.workflows import replace_node as replace_workflow
from rke_py.workflows import restore as restore_workflow
from rke_py.workflows import rotation as rotation_workflow
from rke_py.workflows import snapshot_care, snapshot_changes
from rke_py.workflows import snapshots as snapshots_workflow
from rke_py.workflows import status as status_workflow
from rke_py.workflows import unlock as unlock_workflow
from rke_py.workflows import up as up_workflow
from rke_py.workflows import upgrade as upgrade_workflow
from rke_py.workflows.certificates import CertificateList
from rke_py.workflows.clock import Clock
from rke_py.workflows.context import Context, never
from rke_py.workflows.doctor import Diagnosis
from rke_py.workflows.etcd_members import MemberHealth
from rke_py.workflows.loading import load_cluster
from rke_py.workflows.push import Pushed
from rke_py.workflows.recovery import Fetched, Source
from rke_py.workflows.settling import Wish
from rke_py.workflows.snapshot_care import Found, Verdict
from rke_py.workflows.snapshot_download import download_snapshot
from rke_py.workflows.unlock import Locks

from .calls import When
from .clock import BEGAN, Crash
from .fleet import SimulatedEdges, address, internal_address, simulated
from .world import World

SNAPSHOT = "take and verify a snapshot of etcd"
_ROLES = {"e": "etcd", "c": "controlplane", "w": "worker"}


@dataclass(slots=True)
class Script:
    """A Reporter that keeps every event, and lets a test do something at a step."""

    events: list[Event] = field(default_factory=list)
    steps: int = 0
    _acts: list[tuple[Callable[[StepStarted | StepEnded, int], bool], Callable[[], None]]] = field(default_factory=list)

    def report(self, event: Event) -> None:
        """Keep it; steps are counted, begin and end apart."""
        self.events.append(event)
        if isinstance(event, StepStarted | StepEnded):
            self.steps += isinstance(event, StepStarted)
            for matches, act in self._acts:
                if matches(event, self.steps):
                    act()

    def at(self, matches: Callable[[StepStarted | StepEnded, int], bool], act: Callable[[], None]) -> None:
        """Do something when a step begins or ends."""
        self._acts.append((matches, act))

    @property
    def started(self) -> tuple[tuple[str, str], ...]:
        """Host and title of every step, in the order in which they began."""
        return tuple((event.host, event.step) for event in self.events if isinstance(event, StepStarted))

    @property
    def changes(self) -> tuple[tuple[str, str], ...]:
        """The same without the snapshots that were taken first."""
        return tuple((host, step) for host, step in self.started if step != SNAPSHOT)


@dataclass(slots=True)
class Operator:
    """Runs workflows from one folder.

    Attributes:
        config: What cluster.yml says; ``edit`` and ``write`` put it on disk.
        agrees: The answer to every question.
        own_certificates: Folder of certificates that ``up`` and ``plan`` take over.
        asked: The costs that were named in questions.
    """

    world: World
    folder: Path
    config: dict[str, Any]
    agrees: bool = True
    stops: Callable[[], bool] = never
    skip: frozenset[str] = frozenset()
    only: frozenset[str] = frozenset()
    own_certificates: Path | None = None
    state_key: SecretStr | None = None
    asked: list[str] = field(default_factory=list)
    script: Script = field(default_factory=Script)

    @property
    def path(self) -> Path:
        """Where cluster.yml is."""
        return self.folder / "cluster.yml"

    def edit(self, **changes: Any) -> None:
        """Change top-level keys of cluster.yml."""
        self.config.update(changes)
        self.write()

    def write(self) -> None:
        """Write cluster.yml."""
        self.path.write_text(yaml.safe_dump(self.config, sort_keys=False))

    def preload(self) -> None:
        """Put every image that cluster.yml asks for onto every machine."""
        images = set(asdict(load_cluster(self.path).cluster.images).values())
        for machine in self.world.machines.values():
            machine.images |= images

    def up(self, *, leftovers: bool = False) -> up_workflow.Result:
        """Run ``rke-py up``, with ``--clean-leftovers`` when that is asked for."""
        return up_workflow.up(replace(self.context(), leftovers=leftovers))

    def plan(self) -> Plan:
        """Run ``rke-py plan``."""
        return plan_workflow.plan(self.context())

    def upgrade(self, version: str) -> upgrade_workflow.Upgrade:
        """Run ``rke-py upgrade --to``."""
        return upgrade_workflow.preview_upgrade(self.context(), version)

    def remove(self, *, snapshots: bool = False) -> Plan:
        """Run ``rke-py remove``."""
        return remove_workflow.remove(self.context(), snapshots=snapshots)

    def snapshot(self, name: str = "") -> str:
        """Run ``rke-py etcd snapshot save``."""
        return snapshots_workflow.save_snapshot(self.context(), name)

    def snapshots(self) -> Found:
        """Run ``rke-py etcd snapshot list``."""
        return snapshot_care.list_snapshots(self.context())

    def verify(self, name: str = "", *, deep: bool = False) -> tuple[Verdict, ...]:
        """Run ``rke-py etcd snapshot verify``."""
        return snapshot_care.verify_snapshots(self.context(), name, deep=deep)

    def delete_snapshot(self, name: str) -> None:
        """Run ``rke-py etcd snapshot delete``."""
        snapshot_changes.delete_snapshot(self.context(), name)

    def download(self, name: str) -> Path:
        """Run ``rke-py etcd snapshot download``."""
        return download_snapshot(self.context(), name)

    def prune(self, keep: int | None = None, *, every: bool = False) -> None:
        """Run ``rke-py etcd snapshot prune``."""
        snapshot_changes.prune_snapshots(self.context(), keep, every=every)

    def restore(self, snapshot: str, *, back: bool = False, s3: S3 | None = None) -> None:
        """Run ``rke-py etcd snapshot restore``."""
        restore_workflow.restore_snapshot(self.context(), snapshot, back=back, s3=s3)

    def member_health(self) -> tuple[MemberHealth, ...]:
        """Run ``rke-py etcd health``."""
        return members_workflow.member_health(self.context())

    def defragment(self, *, every: bool = False) -> Plan:
        """Run ``rke-py etcd defrag``."""
        return care_workflow.defragment(self.context(), every=every)

    def alarms(self) -> tuple[EtcdMember, ...]:
        """Run ``rke-py etcd alarm list``."""
        return care_workflow.alarms(self.context())

    def disarm(self) -> Plan:
        """Run ``rke-py etcd alarm disarm``."""
        return care_workflow.disarm(self.context())

    def recover_etcd(self) -> str:
        """Run ``rke-py etcd recover``."""
        return recover_workflow.recover_etcd(self.context())

    def replace(self, old: str, *new: str) -> up_workflow.Result:
        """Run ``rke-py node replace``."""
        return replace_workflow.replace_node(self.context(), old, new)

    def clean(self, name: str, **login: str) -> Plan:
        """Run ``rke-py node clean``."""
        return clean_workflow.clean_host(self.context(), clean_workflow.Machine(name=name, **login))

    def nodes(self) -> tuple[list_workflow.ListedNode, ...]:
        """Run ``rke-py node list``."""
        return list_workflow.list_nodes(self.context())

    def rotate(self, kind: Kind = Kind.LEAVES, **wish: Any) -> Rotation | None:
        """Run ``rke-py cert rotate``."""
        return rotation_workflow.rotate(self.context(), Wish(kind=kind, **wish))

    def encrypt(self, wish: encryption_workflow.Wish) -> None:
        """Run ``rke-py encrypt enable``, ``disable`` or ``rotate-key``."""
        encryption_workflow.encrypt(self.context(), wish)

    def encryption(self) -> encryption_workflow.EncryptionStatus:
        """Run ``rke-py encrypt status``."""
        return encryption_workflow.encryption_status(self.context())

    def status(self) -> status_workflow.ClusterStatus:
        """Run ``rke-py status``."""
        return status_workflow.status(self.context())

    def doctor(self) -> Diagnosis:
        """Run ``rke-py doctor``."""
        return doctor_workflow.doctor(self.context())

    def unlock(self, *, force: bool = False) -> Locks:
        """Run ``rke-py unlock``."""
        return unlock_workflow.unlock(self.context(), force=force)

    def pull(self, *, force: bool = False) -> Fetched:
        """Run ``rke-py state pull``."""
        return recovery_workflow.pull(self.context(), force=force)

    def push(self, *, force: bool = False) -> Pushed:
        """Run ``rke-py state push``."""
        return push_workflow.push(self.context(), force=force)

    def recover(self, source: Source | None = None, snapshot: str = "") -> Fetched:
        """Run ``rke-py state recover``."""
        return recovery_workflow.recover(self.context(), source, snapshot)

    def certificates(self, *, offline: bool = False) -> CertificateList:
        """Run ``rke-py cert list``."""
        return certificates_workflow.list_certificates(self.context(), offline=offline)

    def requests(self, folder: Path) -> tuple[Request, ...]:
        """Run ``rke-py cert generate-csr``."""
        return certificates_workflow.generate_requests(self.context(), folder)

    def killed_up(self, number: int, when: When) -> bool:
        """Run ``up`` and kill it right before or after its n-th step; tell whether it got so far."""
        return self.killed(self.up, number, when)

    def killed(self, workflow: Callable[[], object], number: int, when: When) -> bool:
        """Run a workflow and kill it right before or after its n-th step; tell whether it got so far."""

        def die() -> None:
            self.world.time.kill()
            raise Crash

        kind = StepStarted if when is When.BEFORE else StepEnded
        script = self.next_script()
        script.at(lambda event, count: isinstance(event, kind) and count >= number, die)
        try:
            workflow()
        except Crash:
            return True
        finally:
            self.script = Script()
        return False

    def killed_at_call(self, number: int, when: When, workflow: Callable[[], object] | None = None) -> bool:
        """Run ``up``, or another workflow, and kill it right before or after its n-th call to the fleet.

        Returns:
            Whether it got so far.
        """

        def die() -> None:
            self.world.time.kill()
            raise Crash

        last = len(self.world.calls.log) + number
        self.world.calls.on(lambda call: call.number >= last, die, when=when, times=1)
        try:
            (workflow or self.up)()
        except Crash:
            return True
        finally:
            self.world.calls.forget()
        return False

    def next_script(self) -> Script:
        """Return a new script for the next run."""
        self.script = Script()
        return self.script

    @property
    def state(self) -> State:
        """What the state file holds."""
        state = StateStore(self.folder / "cluster.rkestate").read()
        if state is None:
            raise AssertionError("there is no state file")
        return state

    @property
    def has_state(self) -> bool:
        """True once a run saved a state."""
        return (self.folder / "cluster.rkestate").exists()

    def files(self) -> Mapping[str, bytes]:
        """Return every file in the folder."""
        return {path.name: path.read_bytes() for path in sorted(self.folder.iterdir())}

    def context(self) -> Context:
        """Begin a run, and return what it is given."""
        self.world.begin_run()
        return Context(
            config=self.path,
            reporter=self.script,
            consent=self._consent,
            stop=self.stops,
            skip=self.skip,
            only=self.only,
            own_certificates=self.own_certificates,
            state_key=self.state_key,
            clock=self._clock(),
            edges=SimulatedEdges(self.world),
            random_id=lambda: f"{self.world.new_id():0>32}",
        )

    def _clock(self) -> Clock:
        time = self.world.time
        return Clock(wall=time.wall, steady=lambda: (time.now() - BEGAN).total_seconds(), sleep=time.pause)

    def _consent(self, question: str, costs: Sequence[str]) -> bool:
        self.asked += costs
        return self.agrees


_AS_ON_THE_LAB = {"ingress": {"provider": "none"}}


def operator(folder: Path, *roles: str, latency: float | None = None, **config: Any) -> Operator:
    """Return the operator of a fleet with one machine for each of the roles.

    Args:
        folder: Where cluster.yml and the state lie.
        roles: For each machine some of the letters ``e``, ``c`` and ``w``; none for one that is not in cluster.yml.
        latency: As for ``simulated``.
        config: Further top-level keys of cluster.yml.
    """
    nodes = [node(number, letters) for number, letters in enumerate(roles, start=1) if letters]
    world = simulated(len(roles), latency=latency)
    person = Operator(world=world, folder=folder, config={"nodes": nodes, **_AS_ON_THE_LAB, **config})
    person.write()
    return person


def node(number: int, letters: str, **more: Any) -> dict[str, Any]:
    """Return the entry of the n-th machine in ``nodes``."""
    return {
        "address": address(number),
        "internal_address": internal_address(number),
        "hostname_override": f"n{number}",
        "user": "root",
        "role": [_ROLES[letter] for letter in letters],
        **more,
    }
