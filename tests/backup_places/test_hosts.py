"""Backups of a host: what is listed there, with GNU's and BusyBox's commands, and how a file is read."""

import gzip
import math
import os
import shutil
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO

import pytest

from rounds.fixtures.backup_entries import Entry
from rounds.fixtures.backup_hosts import HostPlace
from rounds.fixtures.backup_places import place_of
from rounds.probe import CouldNotLook, RunbookDisagrees, Unreachable
from rounds.targets import Backups, Host

Put = Callable[..., Path]
STAND_IN = '#!/bin/sh\nshift 2\nexec "$@"\n'  # docker exec NAME sh -c …: it does that here


@pytest.fixture(params=["ssh", "busybox"])
def host(request: pytest.FixtureRequest) -> Host:
    """A host with GNU's commands behind ssh, and a container with BusyBox."""
    if request.param == "ssh":
        reached: Host = request.getfixturevalue("far")
        return reached
    applets, monkeypatch = request.getfixturevalue("busybox"), request.getfixturevalue("monkeypatch")
    tmp_path: Path = request.getfixturevalue("tmp_path")
    (tmp_path / "docker").write_text(STAND_IN.replace("exec", f"PATH={applets} exec", 1))
    (tmp_path / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return Host(name="db1", system="shop", connection="docker://db1")


@pytest.fixture
def there(host: Host, backups: Backups) -> Backups:
    return backups.model_copy(update={"host": host})


def seen(entries: Iterator[Entry]) -> dict[str, Entry]:
    """By name; a host tells whole seconds."""
    return {
        entry.name: replace(entry, modified_epoch_seconds=math.floor(entry.modified_epoch_seconds)) for entry in entries
    }


NAMES = ["plain.gz", "with space", "new\nline", "quote's $(touch gone) `x`", "-n", "umlaut ä"]


def test_a_folder_of_a_host_is_listed_as_one_here_is(there: Backups, put: Put, folder: Path) -> None:
    for name in NAMES:
        put(name, name.encode())
    os.utime(folder / "plain.gz", (-5, -5))
    put("below/deeper/file", b"deep")
    (folder / "plain.gz").chmod(0o640)
    (folder / "empty folder").mkdir()
    (folder / "link").symlink_to("with space")
    (folder / "odd -> link").symlink_to("/nowhere//at all")
    (folder / "loop").symlink_to("loop")
    (folder / "to folder").symlink_to("below")
    os.mkfifo(folder / "pipe")
    (folder / os.fsdecode(b"not \xff utf-8")).write_bytes(b"x")
    here = place_of(there.model_copy(update={"host": None}))
    place = place_of(there)
    assert isinstance(place, HostPlace)
    assert seen(place.entries()) == seen(here.entries())
    assert seen(place.below()) == seen(here.below())
    assert seen(place.below(str(folder / "below"))) == seen(here.below(str(folder / "below")))
    assert seen(place.below())["below/deeper/file"].path == str(folder / "below/deeper/file")
    assert place.folder().mode == here.folder().mode  # type: ignore[union-attr]
    assert abs(place.ahead_seconds) < 5


def test_an_empty_folder_has_no_entry(there: Backups) -> None:
    assert list(place_of(there).entries()) == []
    assert list(place_of(there).below()) == []


def test_a_folder_that_is_a_link_is_followed(there: Backups, put: Put, folder: Path) -> None:
    put("one")
    link = folder.with_name("link")
    link.symlink_to(folder)
    for path in (str(link), f"{link}/"):
        (entry,) = place_of(there.model_copy(update={"path": path})).below()
        assert (entry.name, entry.path) == ("one", str(link / "one"))


def test_what_is_no_folder_is_told(there: Backups, folder: Path) -> None:
    folder.rmdir()
    with pytest.raises(RunbookDisagrees, match=r"there is no folder .* on db1"):
        list(place_of(there).entries())
    folder.write_text("a file")
    with pytest.raises(RunbookDisagrees, match="is not a folder on db1"):
        list(place_of(there).entries())


def test_a_file_is_read_as_a_stream(there: Backups, put: Put) -> None:
    data = gzip.compress(os.urandom(300_000)) + b"\0\n\r\xff"
    for name in NAMES:
        with place_of(there).opened(str(put(name, data))) as stream:
            assert stream.read(10) == data[:10]
            assert stream.read() == data[10:]
    with place_of(there).opened(str(put("empty", b""))) as stream:
        assert stream.read() == b""
    assert place_of(there).here(str(put("x"))) is None


def test_what_cannot_be_read_is_told(there: Backups, folder: Path) -> None:
    for path in (folder / "gone", folder):
        with (
            pytest.raises(CouldNotLook, match="was not read to its end on db1"),
            place_of(there).opened(str(path)) as stream,
        ):
            stream.read()


def test_reading_needs_no_memory_and_may_be_left_early(there: Backups, folder: Path) -> None:
    with (folder / "large").open("wb") as file:
        file.truncate(300_000_000)
    tracemalloc.start()
    with place_of(there).opened(str(folder / "large")) as stream:
        count = 0
        while data := stream.read(1 << 18):
            count += len(data)
    assert count == 300_000_000
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()
    with place_of(there).opened(str(folder / "large")) as stream:
        assert stream.read(5) == b"\0" * 5


def test_a_connection_that_breaks_is_no_damage(there: Backups, folder: Path) -> None:
    with (folder / "large").open("wb") as file:
        file.truncate(30_000_000)
    with pytest.raises(CouldNotLook, match="not read to its end"), place_of(there).opened(str(folder / "large")) as raw:
        _read_while_it_breaks(raw)


def _read_while_it_breaks(raw: IO[bytes]) -> None:
    """As a library may that takes whatever a stream raises for damage."""
    raw.read(100)
    os.killpg(raw.raw._more.__self__.process.pid, 9)  # type: ignore[attr-defined]
    try:
        while raw.read(1 << 20):
            pass
    except CouldNotLook:
        raise OSError("it is damaged") from None


def test_free_space_and_the_device_are_told(there: Backups, folder: Path) -> None:
    free = place_of(there).free_bytes()
    assert free is not None
    assert free == pytest.approx(shutil.disk_usage(folder).free, rel=0.05)
    devices = place_of(there).devices()
    assert str(folder.stat().st_dev) in devices.found
    assert place_of(there).devices("/dev/shm").unsure == ""  # noqa: S108 - another file system is due
    with pytest.raises(CouldNotLook, match="nobody can tell on which disk /proc lies: its file system is proc"):
        place_of(there).devices("/proc").shared(devices)
    with pytest.raises(RunbookDisagrees, match="there is no"):
        place_of(there).devices("/not/there")


def test_an_open_file_is_held_only_while_it_is_written(there: Backups, put: Put) -> None:
    path, other = put("a file"), put("below/a file")
    place = place_of(there)
    assert place.held([str(path), str(other)]) == frozenset()
    with path.open("rb"):
        assert place.held([str(path)]) == frozenset()
    with path.open("ab"):
        assert place.held([str(path), str(other)]) == {str(path)}


def test_who_cannot_be_reached_is_unreachable(backups: Backups) -> None:
    gone = backups.model_copy(update={"host": Host(name="gone", system="shop", connection="ssh://127.0.0.1:1")})
    with pytest.raises(Unreachable, match="gone cannot be reached"):
        list(place_of(gone).entries())
    with pytest.raises(Unreachable, match="gone cannot be reached"), place_of(gone).opened("/x"):
        pass
    by_salt = backups.model_copy(update={"host": Host(name="far", system="shop", connection="salt://far")})
    with pytest.raises(CouldNotLook, match="cannot be read through salt://"), place_of(by_salt).opened("/x"):
        pass


def test_this_machine_as_a_host_is_this_machine(backups: Backups, put: Put) -> None:
    here = backups.model_copy(update={"host": Host(name="here", connection="local://")})
    put("one")
    (entry,) = place_of(here).entries()
    assert place_of(here).here(entry.path) == Path(entry.path)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody reaches; pytest's own are for its user alone."""
    with tempfile.TemporaryDirectory(prefix="rounds-places-", dir="/tmp") as made:
        Path(made).chmod(0o755)
        yield Path(made)


@pytest.mark.parametrize("mode", [0o000, 0o444, 0o111])
def test_what_an_ordinary_user_may_not_read_is_told(
    open_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    become = "setpriv --reuid=65534 --regid=65534 --clear-groups" if os.geteuid() == 0 else ""
    (tmp_path / "docker").write_text(f'#!/bin/sh\nshift 2\nexec {become} "$@"\n')
    (tmp_path / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    private = open_folder / "private"
    private.mkdir()
    (private / "weekly-20261122.tar.gz").write_bytes(b"x")
    (private / "weekly-20261122.tar.gz").chmod(0)
    host = Host(name="db1", system="shop", connection="docker://db1")
    backups = Backups(name="backups", path=str(private), pattern=r"weekly-(?P<time>\d+)\.tar\.gz", host=host)
    with (
        pytest.raises(CouldNotLook, match="Permission denied"),
        place_of(backups).opened(str(private / "weekly-20261122.tar.gz")) as stream,
    ):
        stream.read()
    private.chmod(mode)
    try:
        for path in (str(private), str(open_folder)):
            with pytest.raises(CouldNotLook, match=r"cannot be read on db1: .*[Pp]ermission denied"):
                list(place_of(backups.model_copy(update={"path": path})).below())
    finally:
        private.chmod(0o755)
