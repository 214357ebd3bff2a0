"""The embedded engine: runc bundles and netlink inside one process's namespaces, no daemon, nothing left behind."""

from __future__ import annotations

import errno
import json
import os
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from harness.engine.base import Completed, Image, Progress, StopHow
from harness.engine.embedded import answer, blueprint, client, holder, reap
from harness.engine.embedded import state as states
from harness.engine.embedded.state import LabState
from harness.errors import CannotMeasure, LabFailed, MissingCapability, WrongInput, require_root
from harness.node import Node
from harness.topology.model import Topology
from harness.wait import Condition, Deadline, until

EXEC_SECONDS = 120.0
"""How long one command of a topology's ``exec`` may take."""

AT_ONCE = 8
DESTROY_SECONDS = 20.0
WHOLE_LOG = 1_000_000

SHELL = "command -v bash >/dev/null 2>&1 && exec bash; exec sh"


class EmbeddedEngine:
    """``harness.engine.base.Engine`` without a daemon. ``images`` maps a topology's image reference to an unpacked
    image and raises ``WrongInput`` for one that it does not know."""

    name = "embedded"

    def __init__(self, images: Callable[[str], Image]) -> None:
        self._images = images

    def deploy(self, lab: str, topology: Topology, progress: Progress) -> None:
        """See ``Engine.deploy``. ``WrongInput`` where a lab of this name is up already."""
        state = states.of(lab)
        _require_machine()
        plan = blueprint.draw(lab, topology, self._images, state.inside)
        with _disk_full(state), states.locked(state) as lock:
            if lock is None:
                raise WrongInput(
                    f"lab {lab} is already up", hint="take it down first (v6lab down), or give this one another name"
                )
            try:
                reap.clear_remains(state)
                pid = holder.launch(state, plan, lock, progress)
                state.write_record(pid, topology.file, list(topology.nodes))
                _run_all_execs(state, topology, progress)
            except BaseException:
                reap.clear(state)
                raise

    def destroy(self, lab: str) -> None:
        """See ``Engine.destroy``. A deployment that is under way in another process fails."""
        state = states.of(lab)
        require_root()
        state.refuse_foreign()
        outcome = until([Condition("destroy", lambda: _destroyed(state))], Deadline.after(DESTROY_SECONDS), workers=1)
        for _, why in outcome.pending:
            raise LabFailed(f"lab {lab} cannot be destroyed: {why}")

    def nodes(self, lab: str) -> Mapping[str, Node]:
        """See ``Engine.nodes``."""
        state = states.of(lab)
        found = client.ask(state, "nodes")["nodes"]
        return {name: Node(name, role, how, pid) for name, (role, how, pid) in found.items()}

    def exec(self, lab: str, node: str, argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 30.0) -> Completed:
        """See ``Engine.exec``: about 5 ms for a command that does nothing."""
        return client.run(states.of(lab), node, argv, stdin, timeout)

    def push(self, lab: str, node: str, files: Mapping[str, bytes | None]) -> None:
        """See ``Engine.push``. Each file is there whole or not at all, with the mode of the one before it."""
        for path in files:
            if not path.startswith("/"):
                raise WrongInput(f"{path!r} is not an absolute path in node {node}")
        sizes = [(path, None if content is None else len(content)) for path, content in files.items()]
        client.ask(states.of(lab), "push", b"".join(c for c in files.values() if c), node=node, files=sizes)

    def stop(self, lab: str, node: str, how: StopHow = "kill") -> None:
        """See ``Engine.stop``. A killed node says nothing more: its carriers go first, as in a power cut."""
        client.ask(states.of(lab), how, node=node)

    def start(self, lab: str, node: str) -> None:
        """See ``Engine.start``. A node that is started afresh keeps its files and runs its ``exec`` again."""
        state = states.of(lab)
        _run_execs(state, node, client.ask(state, "start", node=node)["exec"], lambda line: None)

    def leftovers(self, lab: str) -> tuple[str, ...]:
        """See ``Engine.leftovers``."""
        return reap.leftovers(states.of(lab))

    def log(self, lab: str, node: str) -> str:
        """What the node's first process has written. Raises ``LabFailed`` if there is no such lab or node."""
        return str(client.ask(states.of(lab), "log", node=node, lines=WHOLE_LOG)["log"])

    def shell_argv(self, lab: str, node: str) -> list[str]:
        """A command that gives a shell in the node on the terminal it is run on. Raises as ``exec`` does."""
        door = client.ask(states.of(lab), "door", node=node)
        term = {"TERM": os.environ["TERM"]} if "TERM" in os.environ else {}
        request = door | {"env": door["env"] | term, "lab": lab, "node": node, "argv": ["sh", "-c", SHELL]}
        program = f"import sys; sys.path.insert(0, {str(holder.PYTHON_PATH)!r}); "
        program += "from harness.engine.embedded.enter import main; sys.exit(main(sys.argv[1]))"
        return [sys.executable, "-ESsP", "-c", program, json.dumps(request)]


def _require_machine() -> None:
    require_root()
    if shutil.which("runc") is None:
        raise MissingCapability("runc", "the embedded engine starts nodes with it (Debian: apt install runc)")


@contextmanager
def _disk_full(state: LabState) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise answer.full(error.filename or state.directory) from None
        raise


def _run_all_execs(state: LabState, topology: Topology, progress: Progress) -> None:
    """The topology's ``exec`` commands: in order on each node, several nodes at a time."""
    busy = [spec for spec in topology.nodes.values() if spec.exec]
    if not busy:
        return
    progress(f"running {sum(len(spec.exec) for spec in busy)} commands on {len(busy)} nodes")
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="exec") as pool:
        for done in [pool.submit(_run_execs, state, spec.name, spec.exec, progress) for spec in busy]:
            done.result()


def _run_execs(state: LabState, node: str, commands: Sequence[str], progress: Progress) -> None:
    """As containerlab does it: a command that fails is told, and the lab stands all the same."""
    for command in commands:
        try:
            ended = client.run(state, node, shlex.split(command), b"", EXEC_SECONDS)
        except (CannotMeasure, ValueError) as error:
            progress(f"{node}: {command}: {error}")
            continue
        if ended.code:
            progress(f"{node}: {command}: code {ended.code}: {(ended.err or ended.out).strip()}")


def _destroyed(state: LabState) -> str | None:
    """One try: what still stands in the way, ``None`` when all is gone."""
    reap.kill(state.lab)
    if not state.lock.exists():  # whoever builds a lab has its lock first
        reap.clear(state)
        return None
    with states.locked(state) as lock:
        if lock is None:
            return "another process is building it"
        reap.clear(state)
    return None
