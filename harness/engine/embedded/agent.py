"""The holder's ear: a socket on which the harness asks for things inside the lab.

A request is one message with descriptors: first a file that holds a JSON line and then raw bytes, after it what the
operation wants. The answer is JSON up to the end of the stream. What only looks is answered at once; what goes into a
node or takes its time is done by a fork. A caller that hangs up ends the command that it asked for.
"""

from __future__ import annotations

import fcntl
import gc
import json
import os
import selectors
import signal
import socket
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from harness.engine.embedded import answer, capability, cgroups, enter, files, life
from harness.engine.embedded.inside import Inside
from harness.engine.embedded.syscalls import CLONE_NEWNS
from harness.errors import CannotMeasure, MissingCapability

MOST_DESCRIPTORS = 4


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked: ``ask`` is the JSON line, ``blob`` the bytes after it, ``fds`` the descriptors after the file."""

    ask: dict[str, Any]
    blob: bytes
    fds: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Command:
    """A command that runs in a node: who waits for it, and the life of the node in which it began."""

    connection: socket.socket
    node: str
    life: life.Life


class Agent:
    """The first process of the lab's PID namespace: it serves, and it buries the orphans."""

    def __init__(self, inside: Inside, listening: socket.socket) -> None:
        self._inside = inside
        self._listening = listening
        self._commands: dict[int, Command] = {}
        self._watch = selectors.PollSelector()

    def serve(self) -> NoReturn:
        """Serve for ever."""
        woken, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        self._watch.register(self._listening, selectors.EVENT_READ, self._accept)
        self._watch.register(woken, selectors.EVENT_READ, lambda: self._bury(woken))
        gc.collect()
        gc.freeze()  # a fork copies the fewer pages
        self._bury(woken)
        while True:
            for key, _ in self._watch.select():
                try:
                    key.data()
                except Exception:  # one caller's trouble is no reason to take the lab down
                    traceback.print_exc()

    def _accept(self) -> None:
        connection, _ = self._listening.accept()
        self._watch.register(connection, selectors.EVENT_READ, lambda: self._request(connection))

    def _request(self, connection: socket.socket) -> None:
        self._watch.unregister(connection)
        try:
            request = _receive(connection)
            if request is None:
                connection.close()
            elif request.ask["op"] == "exec":
                self._exec(request, connection)
            elif request.ask["op"] in LOOKS:
                _reply(connection, LOOKS[request.ask["op"]](self._inside, request))
            else:
                self._fork(request, connection)
        except Exception as error:  # it belongs to the caller, whatever it is
            _reply(connection, answer.to_plain(error))

    def _fork(self, request: Request, connection: socket.socket) -> None:
        if os.fork() == 0:
            try:
                _be_a_fork()
                try:
                    reply = CHANGES[request.ask["op"]](self._inside, request)
                except Exception as error:
                    reply = answer.to_plain(error)
                _reply(connection, reply)
            finally:
                os._exit(0)
        connection.close()

    def _exec(self, request: Request, connection: socket.socket) -> None:
        node, argv = request.ask["node"], request.ask["argv"]
        alive = _running(self._inside, node)
        env, capabilities = _environment(self._inside, node), _capabilities(self._inside, node)
        try:
            child = enter.fork_into(alive.pid)
        except OSError as error:
            raise CannotMeasure(f"node {node} cannot be entered: {error.strerror}") from None
        if child == 0:
            _become(argv, env, capabilities, request.fds)
        for fd in request.fds:
            os.close(fd)
        self._commands[child] = Command(connection, node, alive)
        self._watch.register(connection, selectors.EVENT_READ, lambda: self._hung_up(child))

    def _hung_up(self, child: int) -> None:
        if child in self._commands:  # else it has just ended
            self._watch.unregister(self._commands[child].connection)
            with suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)

    def _bury(self, woken: int) -> None:
        with suppress(BlockingIOError):
            os.read(woken, 4096)
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                if command := self._commands.pop(ended[0], None):
                    self._tell(command, os.waitstatus_to_exitcode(ended[1]))

    def _tell(self, command: Command, code: int) -> None:
        with suppress(KeyError):
            self._watch.unregister(command.connection)
        if code and life.living(self._inside, command.node) != command.life:
            gone = CannotMeasure(f"node {command.node} was stopped while a command ran in it")
            _reply(command.connection, answer.to_plain(gone))
        else:
            _reply(command.connection, {"code": code if code >= 0 else 128 - code})


def _become(argv: list[str], env: dict[str, str], capabilities: int, streams: tuple[int, ...]) -> NoReturn:
    try:
        signal.set_wakeup_fd(-1)
        os.setsid()  # a group of its own, to be killed as one
        for number, fd in enumerate(streams):
            os.dup2(fd, number)
        enter.execute(argv, env, capabilities)
    finally:
        os._exit(enter.NOT_EXECUTABLE)


def _be_a_fork() -> None:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def _receive(connection: socket.socket) -> Request | None:
    """The request that has come, ``None`` from a caller that has hung up instead."""
    _, fds, _, _ = socket.recv_fds(connection, 1, MOST_DESCRIPTORS, socket.MSG_CMSG_CLOEXEC)
    if not fds:
        return None
    with os.fdopen(fds[0], "rb") as body:
        body.seek(0)
        return Request(json.loads(body.readline()), body.read(), tuple(fds[1:]))


def _reply(connection: socket.socket, reply: Any) -> None:
    with connection, suppress(OSError):  # who has hung up needs no answer
        connection.sendall(json.dumps(reply).encode())


def _nodes(inside: Inside, request: Request) -> Any:
    try:
        freezer = cgroups.freezer(inside.lab)
    except MissingCapability:
        freezer = None
    return {"nodes": {node: (part["role"], *life.state(inside, node, freezer)) for node, part in inside.parts.items()}}


def _door(inside: Inside, request: Request) -> Any:
    node = request.ask["node"]
    alive = _running(inside, node)
    return {"pid": alive.host, "env": _environment(inside, node), "capabilities": _capabilities(inside, node)}


def _running(inside: Inside, node: str) -> life.Life:
    alive = life.living(inside, node)
    if alive is None:
        raise CannotMeasure(f"node {node} is stopped: nothing can be run in it")
    with suppress(MissingCapability):
        if cgroups.is_frozen(cgroups.freezer(inside.lab) / node):
            raise CannotMeasure(f"node {node} is frozen: nothing can be run in it")
    return alive


def _environment(inside: Inside, node: str) -> dict[str, str]:
    return dict(entry.split("=", 1) for entry in inside.part(node)["config"]["process"]["env"])


def _capabilities(inside: Inside, node: str) -> int:
    return capability.mask(inside.part(node)["config"]["process"]["capabilities"]["bounding"])


def _push(inside: Inside, request: Request) -> Any:
    node = request.ask["node"]
    alive = life.living(inside, node)
    if alive:
        enter.namespaces(alive.pid, CLONE_NEWNS)
    else:
        os.chroot(inside.folder(node) / "root")
        os.chdir("/")
    os.umask(0o022)
    offset = 0
    for path, size in request.ask["files"]:
        if size is None:
            files.remove(Path(path))
        else:
            files.write(Path(path), request.blob[offset : offset + size])
            offset += size
    return {}


def _log(inside: Inside, request: Request) -> Any:
    return {"log": inside.log_tail(inside.part(request.ask["node"])["name"], request.ask["lines"])}


@contextmanager
def _alone(inside: Inside, node: str) -> Iterator[None]:
    """One change of a node's life at a time."""
    inside.part(node)
    with (inside.folder(node) / "changing").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _kill(inside: Inside, request: Request) -> Any:
    with _alone(inside, request.ask["node"]):
        life.kill(inside, request.ask["node"])
    return {}


def _freeze(inside: Inside, request: Request) -> Any:
    with _alone(inside, request.ask["node"]):
        life.freeze(inside, request.ask["node"])
    return {}


def _start(inside: Inside, request: Request) -> Any:
    node = request.ask["node"]
    with _alone(inside, node):
        return {"exec": inside.part(node)["exec"] if life.start(inside, node) else []}


Operation = Callable[[Inside, Request], Any]

LOOKS: dict[str, Operation] = {"nodes": _nodes, "door": _door, "log": _log}
CHANGES: dict[str, Operation] = {"push": _push, "kill": _kill, "freeze": _freeze, "start": _start}
