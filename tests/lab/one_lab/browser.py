"""Chromium without a window, driven by its DevTools protocol: a page of its own each, in a profile that nobody else has."""

from __future__ import annotations

import base64
import itertools
import json
import os
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from harness.report import pdf
from harness.wait import Condition, Deadline, until

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
)
START_SECONDS, ANSWER_SECONDS = 60.0, 60.0


class Tab:
    """One page. ``errors`` are what its scripts and its policy complained about."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._numbers = itertools.count(1)
        self.errors: list[str] = []
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Ask the browser; what it says of its own accord meanwhile is noted."""
        number = next(self._numbers)
        self._connection.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            said = json.loads(self._connection.recv(ANSWER_SECONDS))
            if said.get("id") == number:
                assert "error" not in said, said
                found: dict[str, Any] = said["result"]
                return found
            self._note(said)

    def _note(self, said: dict[str, Any]) -> None:
        if said["method"] == "Runtime.exceptionThrown":
            self.errors.append(str(said["params"]["exceptionDetails"]))
        elif said["method"] == "Log.entryAdded" and said["params"]["entry"]["level"] == "error":
            self.errors.append(said["params"]["entry"]["text"])

    def open(self, address: str) -> None:
        """Go there."""
        self.call("Page.navigate", url=address)

    def run(self, expression: str) -> Any:
        """What a script comes to; a promise is waited for."""
        found = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def until(self, expression: str, seconds: float = 30.0) -> float:
        """Wait until a script comes to something true; how long that took. What it was in the end is in the failure."""
        done = until([Condition(expression, lambda: self._unmet(expression))], Deadline.after(seconds), workers=1)
        assert not done.pending, (done.pending, self.run("document.body.innerText"), self.errors)
        return done.seconds

    def _unmet(self, expression: str) -> str | None:
        found = self.run(f"(() => {{ try {{ return {expression} }} catch (error) {{ return null }} }})()")
        return None if found else f"{found!r}"

    def size(self, width: int, height: int, scheme: str = "light") -> None:
        """As wide and as high as a screen, and as light or dark as its owner likes it."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def picture(self, file: Path) -> None:
        """What is to be seen, as PNG."""
        file.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))


class Browser:
    """One browser."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connections = ExitStack()

    def tab(self) -> Tab:
        """A page that is empty yet."""
        request = urllib.request.Request(f"http://127.0.0.1:{self._port}/json/new?about:blank", method="PUT")
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:
            address = json.load(answer)["webSocketDebuggerUrl"]
        # A page that nobody asks anything for a while goes on telling: neither a full queue nor a late pong may end it.
        opened = connect(address, max_size=None, max_queue=None, ping_interval=None, proxy=None)
        return Tab(self._connections.enter_context(opened))

    def close(self) -> None:
        """Hang up."""
        self._connections.close()


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """A browser with a fresh profile, gone at the end with all its processes."""
    process = subprocess.Popen(
        [pdf.browser() or "chromium", *FLAGS, f"--user-data-dir={profile}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    said = profile / "DevToolsActivePort"
    try:
        ready = Condition("the browser listens", lambda: None if said.exists() and said.read_text() else "not yet")
        done = until([ready], Deadline.after(START_SECONDS))
        assert not done.pending, "Chromium does not start"
        found = Browser(int(said.read_text().splitlines()[0]))
        try:
            yield found
        finally:
            found.close()
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
