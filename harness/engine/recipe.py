"""What a node image is made from: a directory with ``recipe.toml``, ``packages.txt``, ``customize`` and ``overlay/``.

Standard library only: the set-up reads recipes before any dependency is installed.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.errors import WrongInput

RECIPES = Path(__file__).resolve().parents[2] / "images"
"""Where the project's own recipes are."""

DPKG_OPTIONS = (
    "path-exclude=/usr/share/doc/*",
    "path-include=/usr/share/doc/*/copyright",
    "path-exclude=/usr/share/man/*",
    "path-exclude=/usr/share/info/*",
    "path-exclude=/usr/share/locale/*",
    "force-unsafe-io",
)
"""Nobody reads manuals in a node; a build that is cut off is thrown away, so no write need be synced."""

_DIGEST_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Recipe:
    """A recipe as read. ``base_digest`` covers what decides the packages, ``digest`` that and everything else."""

    directory: Path
    reference: str
    suite: str
    packages: tuple[str, ...]
    entrypoint: tuple[str, ...]
    env: Mapping[str, str]
    base_digest: str
    digest: str

    @property
    def customize(self) -> Path:
        """The script that runs once the packages are installed; it need not exist."""
        return self.directory / "customize"

    @property
    def overlay(self) -> Path:
        """The files that are laid over the root; it need not exist."""
        return self.directory / "overlay"


@dataclass(frozen=True, slots=True)
class Laid:
    """One entry of an overlay. Git keeps one bit of a file's mode, and so does this: ``0755`` or ``0644``."""

    path: str
    mode: int
    content: bytes
    link: bool = False


def load(directory: Path) -> Recipe:
    """Read a recipe. Raises ``WrongInput`` naming the file and key."""
    file = directory / "recipe.toml"
    try:
        written = tomllib.loads(file.read_text())
    except OSError as error:
        raise WrongInput(f"cannot be read: {error.strerror}", where=file) from error
    except tomllib.TOMLDecodeError as error:
        raise WrongInput(str(error), where=file) from error
    suite = _text(written, "suite", file)
    entrypoint = written.get("entrypoint")
    if not isinstance(entrypoint, list) or not all(isinstance(word, str) for word in entrypoint) or not entrypoint:
        raise WrongInput("must be a list of words", where=file, key="entrypoint")
    env = {name: str(value) for name, value in dict(written.get("env", {})).items()}
    packages = package_list(directory / "packages.txt")
    base = _base_digest(suite, packages, directory / "customize")
    return Recipe(
        directory=directory,
        reference=f"v6lab/{directory.name}:{suite}",
        suite=suite,
        packages=packages,
        entrypoint=tuple(entrypoint),
        env=env,
        base_digest=base,
        digest=_digest(base, tuple(entrypoint), env, directory / "overlay"),
    )


def package_list(file: Path) -> tuple[str, ...]:
    """The package names in a list file: one a line, ``#`` begins a comment. Sorted, each once."""
    try:
        lines = file.read_text().splitlines()
    except OSError as error:
        raise WrongInput(f"cannot be read: {error.strerror}", where=file) from error
    names = set()
    for number, line in enumerate(lines, 1):
        name = line.partition("#")[0].strip()
        if len(name.split()) > 1 or "," in name:
            raise WrongInput(f"one package a line, not {name!r}", where=file, line=number)
        names.add(name)
    return tuple(sorted(names - {""}))


def laid_over(overlay: Path) -> Iterator[Laid]:
    """The entries of an overlay in a fixed order, with the modes that they get in the image."""
    for path in sorted(overlay.rglob("*")):
        name = path.relative_to(overlay).as_posix()
        if path.is_symlink():
            yield Laid(name, 0o777, str(path.readlink()).encode(), link=True)
        elif path.is_file():
            runs = path.stat().st_mode & stat.S_IXUSR
            yield Laid(name, 0o755 if runs else 0o644, path.read_bytes())


def _text(written: Mapping[str, object], key: str, file: Path) -> str:
    value = written.get(key)
    if not isinstance(value, str) or not value:
        raise WrongInput("must be a word", where=file, key=key)
    return value


def _base_digest(suite: str, packages: tuple[str, ...], customize: Path) -> str:
    script = customize.read_bytes() if customize.exists() else b""
    return _hash(os.uname().machine, suite, *packages, *DPKG_OPTIONS, script)


def _digest(base: str, entrypoint: tuple[str, ...], env: Mapping[str, str], overlay: Path) -> str:
    files = [part for file in laid_over(overlay) for part in (file.path, oct(file.mode), file.content)]
    return _hash(base, *entrypoint, *(f"{name}={value}" for name, value in sorted(env.items())), *files)


def _hash(*parts: str | bytes) -> str:
    """A digest in which no two lists of parts can run into each other."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()[:_DIGEST_LENGTH]
