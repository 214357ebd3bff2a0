"""A Docker daemon: the system's where one answers or a service manager can start it, else one started by hand.

A daemon of our own uses the usual socket, so that a ``docker`` or a ``containerlab`` called by hand finds it, and
keeps everything else in directories of its own. It makes no bridge and no firewall rule: the lab's nodes have no
network but their links, and a kernel without the iptables modules refuses them. Nor does it let the host forward: a
new network namespace takes that over.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.engine import docker_host
from harness.errors import LabFailed
from harness.setup import packages
from harness.setup.command import run
from harness.setup.progress import Steps
from harness.wait import Condition, Deadline, until

DATA = Path("/var/lib/v6lab/docker")
RUN = Path("/run/v6lab-docker")
PID_FILE = RUN / "docker.pid"
LOG = Path("/var/lib/v6lab/dockerd.log")
POLICY = Path("/usr/sbin/policy-rc.d")
POLICY_TEXT = "#!/bin/sh\n# Written by v6lab while docker.io is installed; it may be removed.\nexit 101\n"
START_SECONDS, STOP_SECONDS = 30.0, 30.0
COMMAND = (
    "dockerd",
    "--bridge=none",
    "--iptables=false",
    "--ip6tables=false",
    "--ip-forward=false",
    f"--host=unix://{docker_host.SOCKET}",
    f"--data-root={DATA}",
    f"--exec-root={RUN}",
    f"--pidfile={PID_FILE}",
)


def ensure(steps: Steps) -> None:
    """A daemon that answers; installs Debian's ``docker.io`` where there is none."""
    if docker_host.answers():
        return
    managed = Path("/run/systemd/system").is_dir()
    if packages.missing_of(("docker.io",)):
        with _no_start(wanted=not managed):
            packages.install(steps, only=("docker.io",))
    with steps.step("Docker daemon"):
        if managed:
            run(["systemctl", "start", "docker"])
        else:
            _start()


def stop(steps: Steps) -> None:
    """Stop the daemon that ``ensure`` started by hand; any other is left alone."""
    pid = own_pid()
    if pid is None:
        steps.say("No Docker daemon of this project is running.")
        return
    with steps.step("Docker daemon: stopping"):
        os.kill(pid, signal.SIGTERM)
        gone = Condition("dockerd has ended", lambda: "it still runs" if own_pid() else None)
        if until([gone], Deadline.after(STOP_SECONDS)).pending:
            raise LabFailed(f"dockerd (process {pid}) did not end in {STOP_SECONDS:.0f} s; its log is {LOG}")
        run(["rm", "-rf", "--one-file-system", "--", RUN])


def own_pid() -> int | None:
    """The process of our own daemon, if it runs. A pid file that outlived its process may name anybody's."""
    try:
        pid = int(PID_FILE.read_text())
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return None
    return pid if f"--pidfile={PID_FILE}".encode() in arguments else None


def _start() -> None:
    """Start it so that it outlives us, and wait until it answers."""
    for directory in (DATA, RUN):
        directory.mkdir(parents=True, exist_ok=True)
    if own_pid() is None:
        PID_FILE.unlink(missing_ok=True)
    with LOG.open("wb") as log:
        daemon = subprocess.Popen(
            COMMAND, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True
        )

    def unmet() -> str | None:
        if (code := daemon.poll()) is not None:
            return f"dockerd ended with code {code}"
        return None if docker_host.answers() else "it does not answer yet"

    if until([Condition("Docker answers", unmet)], Deadline.after(START_SECONDS)).pending:
        if daemon.poll() is None:
            daemon.terminate()
            daemon.wait()
        last = "\n  ".join(LOG.read_text(errors="replace").splitlines()[-12:])
        raise LabFailed(f"Docker did not start; the end of {LOG}:\n  {last}")


@contextmanager
def _no_start(*, wanted: bool) -> Iterator[None]:
    """Keep the package from starting a daemon with a bridge and firewall rules of its own; the flags come from us."""
    ours = wanted and (not POLICY.exists() or POLICY.read_text(errors="replace") == POLICY_TEXT)
    if ours:
        POLICY.write_text(POLICY_TEXT)
        POLICY.chmod(0o755)
    try:
        yield
    finally:
        if ours:
            POLICY.unlink(missing_ok=True)
