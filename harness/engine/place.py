"""``python -m harness.engine.place PID``: write files into the mount namespace of a process.

A program of its own: a mount namespace can be entered only by a process with one thread. From inside, no link of the
node's can lead out of it. Standard input carries a JSON line of (path, size or null) pairs, then the contents.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from harness.engine.embedded import files
from harness.engine.embedded.enter import namespaces
from harness.engine.embedded.syscalls import CLONE_NEWNS
from harness.errors import HarnessError, LabFailed


def into(pid: int, wanted: Mapping[str, bytes | None]) -> None:
    """Write ``wanted`` (absolute paths; ``None`` removes) where process ``pid`` lives. Raises ``LabFailed``."""
    sizes = [(path, None if content is None else len(content)) for path, content in wanted.items()]
    request = json.dumps(sizes).encode() + b"\n" + b"".join(content for content in wanted.values() if content)
    done = subprocess.run([sys.executable, "-m", __name__, str(pid)], input=request, capture_output=True, check=False)
    if done.returncode:
        raise LabFailed(done.stderr.decode(errors="replace").strip().splitlines()[-1])


def main(pid: int) -> int:
    """The other side of ``into``."""
    sizes = json.loads(sys.stdin.buffer.readline())
    contents = [None if size is None else sys.stdin.buffer.read(size) for _, size in sizes]
    try:
        namespaces(pid, CLONE_NEWNS)
        for (path, _), content in zip(sizes, contents, strict=True):
            if content is None:
                files.remove(Path(path))
            else:
                files.write(Path(path), content)
    except (OSError, HarnessError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
