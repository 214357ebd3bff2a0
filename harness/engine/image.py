"""Node images: built from a recipe where missing, kept unpacked under the state directory, found by reference.

An image is two layers of work: a *base* of packages (a minute) and the image proper, a hard-linked copy of its base
with the overlay laid over it (a second). Directories are named by hash, built under another name and renamed when
complete, so whatever has its name is whole. Standard library only: the set-up builds before dependencies are there.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from harness.engine import debian
from harness.engine.base import Image, Progress
from harness.engine.recipe import RECIPES, Recipe, laid_over, load
from harness.errors import HarnessError, LabFailed, WrongInput

STORE = Path("/var/lib/v6lab/images")
KEPT = 2
"""So many images stay: the newest, and one to go back to."""

BASE_BYTES = 1_300_000_000
"""Free space that a base needs while it is built: packages, and the archives that they come in."""
COPY_BYTES = 60_000_000

_FULL_WORDS = ("No space left on device", "don't have enough free space")
_BUILDING = ".building-"
_NAME = re.compile(r"[0-9a-f]{16}")


def ensure(recipe: Path, progress: Progress, store: Path = STORE) -> Image:
    """The image of the recipe in directory ``recipe``, built if it is not there yet.

    Raises ``WrongInput`` for a recipe, a machine or a disk on which it cannot be built, ``LabFailed`` where a package
    failed. A build that ends early leaves nothing that counts as an image; the next one removes its remains.
    """
    wanted = load(recipe)
    if found := _existing(wanted, store):
        return found
    if os.geteuid() != 0:
        raise WrongInput("building the node image needs root", hint="run make setup as root once")
    with _locked(store, progress):
        _sweep(store)
        image = _existing(wanted, store) or _build(wanted, store, progress)
        prune(store)
    return image


def is_built(recipe: Path, store: Path = STORE) -> bool:
    """Whether ``ensure`` would have nothing to do."""
    return _existing(load(recipe), store) is not None


def find(reference: str, store: Path = STORE, recipes: Path = RECIPES) -> Image:
    """The built image that a topology's ``image:`` names. Raises ``WrongInput`` listing what exists and what to do."""
    known = {recipe.reference: recipe for recipe in _recipes(recipes)}
    reference = next((each for each in known if each.partition(":")[0] == reference), reference)
    if reference not in known:
        raise WrongInput(
            f"unknown image {reference!r}",
            key="image",
            hint=f"the embedded engine knows {', '.join(known) or 'no image'}; other images need --engine containerlab",
        )
    if found := _existing(known[reference], store):
        return found
    older = sorted(path.name for path in store.glob("*/image.json"))
    why = "its recipe has changed since it was built" if older else "it has not been built yet"
    raise WrongInput(f"image {reference}: {why}", where=known[reference].directory, hint="make setup builds it")


def own(recipes: Path = RECIPES) -> tuple[str, ...]:
    """The references of this project's own images."""
    return tuple(recipe.reference for recipe in _recipes(recipes))


def is_own(reference: str, recipes: Path = RECIPES) -> bool:
    """Whether the reference names an image of this project, of whatever tag; without a tag it is the one there is."""
    return reference.partition(":")[0] in {each.partition(":")[0] for each in own(recipes)}


def _recipes(recipes: Path) -> Iterator[Recipe]:
    return (load(file.parent) for file in sorted(recipes.glob("*/recipe.toml")))


@contextmanager
def building(store: Path, progress: Progress) -> Iterator[Path]:
    """An empty directory in the store to build in and to rename when complete; gone afterwards if it is still there.

    One build at a time. Raises ``WrongInput`` where the store cannot be written or the disk is full.
    """
    with _locked(store, progress):
        _sweep(store)
        fresh = store / f"{_BUILDING}{os.getpid()}"
        try:
            _need_space(store, COPY_BYTES)
            fresh.mkdir(mode=0o755)
            yield fresh
        except (HarnessError, OSError) as error:
            raise _disk_full(error, store) or error from error
        finally:
            remove(fresh)


def prune(store: Path, kept: int = KEPT) -> None:
    """Remove all but the ``kept`` newest images that no running lab uses, and bases that no image is left of."""
    images = {path.parent: json.loads(path.read_text()) for path in store.glob("*/image.json")}
    newest = sorted(images, key=lambda path: path.stat().st_mtime, reverse=True)
    mounted = _mounted(store)
    for path in newest[kept:]:
        if path.name not in mounted:
            del images[path]
            remove(path)
    bases = {f"base-{written['base']}" for written in images.values()}
    for path in store.glob("base-*"):
        if path.name not in bases:
            remove(path)


def _existing(recipe: Recipe, store: Path) -> Image | None:
    home = store / recipe.digest
    try:
        written = json.loads((home / "image.json").read_text())
    except FileNotFoundError:
        return None
    with suppress(OSError):  # the time of last use is what pruning goes by; only root can write it
        os.utime(home)
    return Image(home / "rootfs", tuple(written["entrypoint"]), written["env"], recipe.digest)


def _build(recipe: Recipe, store: Path, progress: Progress) -> Image:
    building = store / f"{_BUILDING}{os.getpid()}"
    base = store / f"base-{recipe.base_digest}"
    try:
        if not base.exists():
            _need_space(store, BASE_BYTES)
            building.mkdir(mode=0o755)
            progress(f"node image: {len(recipe.packages)} packages of {recipe.suite}")
            debian.unpack(recipe, building / "rootfs", lambda phase: progress(f"node image: {phase}"))
            building.rename(base)
        _need_space(store, COPY_BYTES)
        progress("node image: laying files over it")
        building.mkdir(mode=0o755)
        _copy(base / "rootfs", building / "rootfs")
        lay_over(recipe.overlay, building / "rootfs")
        written = {"reference": recipe.reference, "base": recipe.base_digest, "entrypoint": recipe.entrypoint}
        (building / "image.json").write_text(json.dumps({**written, "env": dict(recipe.env)}, indent=1) + "\n")
        building.rename(store / recipe.digest)
    except (HarnessError, OSError) as error:
        remove(building)
        raise _disk_full(error, store) or error from error
    except BaseException:
        remove(building)
        raise
    image = _existing(recipe, store)
    assert image is not None
    return image


def lay_over(overlay: Path, root: Path) -> None:
    """Copy an overlay into a root. What it replaces is unlinked first: it may be shared with the base."""
    for entry in laid_over(overlay):
        target = root / entry.path
        for parent in reversed(target.relative_to(root).parents):
            if not (root / parent).exists():
                (root / parent).mkdir(mode=0o755)
        target.unlink(missing_ok=True)
        if entry.link:
            target.symlink_to(entry.content.decode())
            continue
        target.write_bytes(entry.content)
        target.chmod(entry.mode)


def _copy(source: Path, target: Path) -> None:
    done = subprocess.run(["cp", "--archive", "--link", source, target], capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabFailed(f"the base image could not be copied: {done.stderr.strip().splitlines()[-1]}")


def _need_space(store: Path, needed: int) -> None:
    free = shutil.disk_usage(store).free
    if free < needed:
        raise WrongInput(
            f"the disk is full: {needed / 1e6:.0f} MB are needed, {free / 1e6:.0f} MB are free",
            where=store,
            hint="make room there and run make setup again",
        )


def _disk_full(error: Exception, store: Path) -> WrongInput | None:
    """The disk may fill while a package is unpacked: then that is what the user should hear."""
    full = isinstance(error, OSError) and error.errno == errno.ENOSPC
    if not full and not any(words in str(error) for words in _FULL_WORDS):
        return None
    return WrongInput(
        f"the disk ran full: {BASE_BYTES / 1e6:.0f} MB are needed",
        where=store,
        hint="make room there and run make setup again",
    )


@contextmanager
def _locked(store: Path, progress: Progress) -> Iterator[None]:
    """One build at a time; the kernel lets go of the lock of a process that died."""
    try:
        store.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(store / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise WrongInput(f"cannot be written: {error.strerror}", where=store) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("node image: waiting for another build of it")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _sweep(store: Path) -> None:
    """Remove what builds that were killed left; whoever holds the lock knows that none is running."""
    for path in store.glob(f"{_BUILDING}*"):
        remove(path)


def remove(path: Path) -> None:
    """Remove a tree, and never follow a mount out of it. Renamed first, so that half of it never has its name."""
    if not path.exists():
        return
    if not path.name.startswith(_BUILDING):
        path = path.rename(path.with_name(f"{_BUILDING}old-{path.name}"))
    subprocess.run(["rm", "-rf", "--one-file-system", "--", path], check=False, capture_output=True)


def _mounted(store: Path) -> set[str]:
    """Names of images that lie under an overlay in any mount namespace of this machine."""
    used: set[str] = set()
    seen: set[str] = set()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            namespace = str((process / "ns/mnt").readlink())
            if namespace in seen:
                continue
            mounts = (process / "mountinfo").read_text()
            seen.add(namespace)
            used |= {name for name in _NAME.findall(mounts) if (store / name).exists()}
    return used
