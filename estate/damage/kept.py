"""Things that are put back exactly as they were: bytes, times, modes, owners and links."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..ground import PREFIX, base


@contextmanager
def set_aside(*paths: Path) -> Iterator[list[Path]]:
    """Files or folders that are gone, and where they are kept; whatever stands there afterwards makes way for them.

    They are moved and not copied, so what comes back is the same file, its other hard links too.
    """
    folders = {path.parent: path.parent.stat() for path in paths}
    shelf = _shelf(paths[0].parent)
    kept = [shelf / f"{at}-{path.name}" for at, path in enumerate(paths)]
    try:
        for path, place in zip(paths, kept, strict=True):
            path.rename(place)
        for folder, seen in folders.items():
            _give_times(folder, seen)
        yield kept
    finally:
        for path, place in zip(paths, kept, strict=True):
            if os.path.lexists(place):
                remove(path)
                place.rename(path)
        shelf.rmdir()
        for folder, seen in folders.items():
            _give_times(folder, seen)


@contextmanager
def changed(path: Path, edit: Callable[[Path], object]) -> Iterator[None]:
    """A file or folder after an edit, which left its times, mode and owner alone; afterwards the one from before."""
    with set_aside(path) as (kept,):
        twin(kept, path)
        edit(path)
        like(kept, path)
        yield


@contextmanager
def added(path: Path) -> Iterator[Path]:
    """A path for something new, which is gone afterwards; its folder's times stay."""
    seen = path.parent.stat()
    try:
        yield path
    finally:
        remove(path)
        _give_times(path.parent, seen)


def twin(kept: Path, path: Path) -> None:
    """A copy that may be changed, of a file or of all that is in a folder."""
    if kept.is_dir():
        shutil.copytree(kept, path, symlinks=True)
    else:
        shutil.copyfile(kept, path, follow_symlinks=True)
    like(kept, path)


def like(kept: Path, path: Path) -> None:
    """Give a path, and all that is in it, the times, modes and owners of its model; what is new there is as old."""
    for each in [*path.rglob("*"), path] if path.is_dir() else [path]:
        if each.is_symlink():
            continue
        model = kept / each.relative_to(path)
        seen = model.stat() if model.exists() else kept.stat()
        if model.exists():
            each.chmod(seen.st_mode & 0o7777)
        with contextlib.suppress(PermissionError):  # only root may give files away
            os.chown(each, seen.st_uid, seen.st_gid)
        _give_times(each, seen)


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _shelf(folder: Path) -> Path:
    """A place on the same file system that is swept away with the estates, should we be killed."""
    near = base() if base().stat().st_dev == folder.stat().st_dev else folder.parent
    return Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=near))


def _give_times(path: Path, seen: os.stat_result) -> None:
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
