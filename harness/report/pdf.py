"""A page as PDF, by a headless Chromium that reaches nothing but the file."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from harness.errors import CannotMeasure, MissingCapability, usable

PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
OPTIONS = (
    "--headless",
    "--no-sandbox",  # root has none to give up
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-sync",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--no-default-browser-check",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--no-pdf-header-footer",  # the page brings its own
)
PATIENCE_SECONDS = 180.0


def browser() -> str | None:
    """The Chromium of this machine; ``None`` where there is none."""
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


def pdf(html: Path, out: Path) -> None:
    """Print the file. Raises ``MissingCapability`` without a Chromium, ``CannotMeasure`` where it does not print."""
    program = browser()
    if program is None:
        raise MissingCapability("Chromium", "there is no PDF; the HTML file can be printed by any browser")
    with usable(out), tempfile.TemporaryDirectory(prefix="v6lab-pdf-") as scratch:
        printed = Path(scratch) / "report.pdf"
        where = (f"--user-data-dir={scratch}/profile", f"--print-to-pdf={printed}")
        try:
            done = subprocess.run(
                (program, *OPTIONS, *where, html.resolve().as_uri()),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=PATIENCE_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise CannotMeasure(f"{program} did not print within {PATIENCE_SECONDS:.0f} s") from error
        if not printed.is_file() or not printed.stat().st_size:
            said = done.stderr.strip().splitlines()[-3:]
            raise CannotMeasure(f"{program} printed nothing (it ended with {done.returncode}): " + " ".join(said))
        shutil.copyfile(printed, out)
