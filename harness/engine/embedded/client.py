"""Asking a lab's holder for something, from outside."""

from __future__ import annotations

import json
import os
import selectors
import socket
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Any

from harness.engine.base import Completed
from harness.engine.embedded import answer
from harness.engine.embedded.state import LabState
from harness.errors import CannotMeasure, LabFailed, WrongInput
from harness.wait import Deadline

ANSWER_SECONDS = 60.0
"""No operation but a command of the user's takes anywhere near as long."""


def ask(state: LabState, op: str, blob: bytes = b"", **what: Any) -> dict[str, Any]:
    """Ask and wait for the answer. Raises ``LabFailed`` where no such lab is up, and what the operation raised."""
    with _Call(state, {"op": op, **what}, blob) as call:
        call.socket.settimeout(ANSWER_SECONDS)
        try:
            return call.answer()
        except TimeoutError:
            raise LabFailed(f"the holder of lab {state.lab} did not answer in {ANSWER_SECONDS:.0f} s") from None


def run(state: LabState, node: str, argv: Sequence[str], stdin: bytes, timeout: float) -> Completed:
    """Run a command in a node. Its output is what it and its children wrote until it ended: a daemon that it leaves
    behind may keep the pipes open and is not waited for."""
    deadline = Deadline.after(timeout)
    with ExitStack() as open_things:
        pipes = [os.pipe2(os.O_CLOEXEC) for _ in range(2)]
        readers = [open_things.enter_context(os.fdopen(reader, "rb", buffering=0)) for reader, _ in pipes]
        source = open_things.enter_context(_file_of(stdin))
        try:
            request = {"op": "exec", "node": node, "argv": list(argv)}
            call = open_things.enter_context(
                _Call(state, request, b"", (source.fileno(), *(writer for _, writer in pipes)))
            )
        finally:
            for _, writer in pipes:
                os.close(writer)
        outputs = {reader.fileno(): bytearray() for reader in readers}
        if not _collect(call.socket, outputs, deadline):
            raise CannotMeasure(f"{' '.join(argv)!r} on {node} did not end in {timeout:g} s")
        reply = call.answer()
        for fd, output in outputs.items():
            os.set_blocking(fd, False)
            while _read(fd, output):
                pass
        out, err = (bytes(output).decode(errors="replace") for output in outputs.values())
        return Completed(tuple(argv), reply["code"], out, err)


def _collect(answered: socket.socket, outputs: dict[int, bytearray], deadline: Deadline) -> bool:
    """Read what comes until the holder answers; false when the deadline is first."""
    with selectors.PollSelector() as watch:
        watch.register(answered, selectors.EVENT_READ)
        for fd in outputs:
            watch.register(fd, selectors.EVENT_READ)
        while events := watch.select(deadline.left):
            for key, _ in events:
                if key.fileobj is answered:
                    return True
                if not _read(key.fd, outputs[key.fd]):
                    watch.unregister(key.fd)
    return False


def _read(fd: int, into: bytearray) -> bool:
    try:
        got = os.read(fd, 65536)
    except BlockingIOError:
        return False
    into += got
    return bool(got)


def _file_of(content: bytes) -> Any:
    """An anonymous file with this content, to be read from its start."""
    file = os.fdopen(os.memfd_create("v6lab"), "r+b", buffering=0)
    view = memoryview(content)
    while view:
        view = view[file.write(view) :]
    file.seek(0)
    return file


class _Call:
    """One request that has been sent; leaving it hangs up."""

    def __init__(self, state: LabState, request: dict[str, Any], blob: bytes, fds: Sequence[int] = ()) -> None:
        self._lab = state.lab
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._or_no_lab(lambda: _connect(self.socket, state))
            with _file_of(json.dumps(request).encode() + b"\n" + blob) as body:
                self._or_no_lab(lambda: socket.send_fds(self.socket, [b"?"], [body.fileno(), *fds]))
        except BaseException:
            self.socket.close()
            raise

    def __enter__(self) -> _Call:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.socket.close()

    def _or_no_lab(self, action: Callable[[], object]) -> None:
        try:
            action()
        except (FileNotFoundError, ConnectionError):
            raise LabFailed(f"no lab called {self._lab} is up") from None
        except PermissionError:
            raise WrongInput("labs belong to root", hint="run it with sudo, or as root") from None

    def answer(self) -> dict[str, Any]:
        """The whole answer. Raises the error that it carries."""
        parts: list[bytes] = []
        try:
            while got := self.socket.recv(65536):
                parts.append(got)
        except ConnectionError:
            parts.clear()
        if not parts:
            raise LabFailed(f"lab {self._lab} went down while it was asked")
        reply: dict[str, Any] = json.loads(b"".join(parts))
        if "error" in reply:
            raise answer.from_plain(reply)
        return reply


def _connect(client: socket.socket, state: LabState) -> None:
    directory = os.open(state.directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        client.connect(f"/proc/self/fd/{directory}/{state.socket.name}")  # however long the directory's own name is
    finally:
        os.close(directory)
