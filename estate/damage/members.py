"""Archives of which one member is changed, and the others stay as they are."""

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

from ..dumps import packed, unpacked
from ..part import EstateError


def edited_member(path: Path, name: str, edit: Callable[[bytes], bytes]) -> None:
    """Write an archive anew with other bytes for one member, which may be packed itself."""
    with tarfile.open(fileobj=io.BytesIO(unpacked(path.name, path.read_bytes()))) as old:
        members = [(info, content.read() if (content := old.extractfile(info)) else b"") for info in old]
    found = [at for at, (info, _) in enumerate(members) if f"/{info.name}".endswith(f"/{name}")]
    if not found:
        raise EstateError(f"{path.name} holds no {name}, only {', '.join(info.name for info, _ in members)}")
    for at in found:
        info, data = members[at]
        members[at] = info, packed(info.name, edit(unpacked(info.name, data)))
    _write(path, members)


def without_members(path: Path) -> None:
    """Write an archive anew that holds nothing."""
    _write(path, [])


def _write(path: Path, members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as new:
        for info, data in members:
            info.size = len(data)
            new.addfile(info, io.BytesIO(data))
    path.write_bytes(packed(path.name, buffer.getvalue()))
