"""The looks at a host, at this machine and at recorded files of others."""

import os
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rounds.fixtures import host as host_fixtures
from rounds.probe import PROBES, CouldNotLook
from rounds.targets import Host

MEMINFO = "MemTotal:       24684084 kB\nMemFree:         100 kB\nMemAvailable:   12342042 kB\nHugePages_Total: 0\n"
STAT = "cpu  {0} 10 20 {1} 5 0 0 0 0 0\ncpu0 1 1 1 1 1 0 0 0 0 0\ncpu1 1 1 1 1 1 0 0 0 0 0\nintr 5\n"
SPACE = """\
Filesystem     1024-blocks     Used Available Capacity Mounted on
udev               4038612        0   4038612       0% /dev
/dev/vda1         40470732 14827396  23811740      39% /
/dev/loop0           65536    65536         0     100% /snap/core20/2379
/dev/loop7           65536    65536         0     100% /mnt/image
overlay           14827396 14827396         0     100% /var/lib/docker/overlay2/5f/merged
nas:/exports/my files 1000      900       100      90% /srv/shared files
tank/data             2000      500      1500      25% /tank
"""
INODES = """\
Filesystem      Inodes  IUsed    IFree IUse% Mounted on
/dev/vda1      2589696 402178  2187518   16% /
nas:/exports/my files 0 0 0 - /srv/shared files
tank/data            -      -        -     - /tank
"""


def look(name: str, *arguments: Any) -> Any:
    return PROBES[name].look(*arguments)


@pytest.fixture
def recorded(tmp_path: Path) -> Host:
    """A host whose kernel files and df answers are files."""
    procfs, programs = tmp_path / "proc", tmp_path / "bin"
    procfs.mkdir()
    programs.mkdir()
    (procfs / "meminfo").write_text(MEMINFO)
    (procfs / "loadavg").write_text("9.00 8.00 3.00 2/412 20000\n")
    (procfs / "stat").write_text(STAT.format(100, 900))
    (tmp_path / "space").write_text(SPACE)
    (tmp_path / "inodes").write_text(INODES)
    stand_in(programs / "df", f'case "$2" in -k) cat {tmp_path}/space;; *) cat {tmp_path}/inodes;; esac')
    return Host(name="app", procfs=str(procfs), path=str(programs))


def stand_in(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_this_machine_can_be_looked_at() -> None:
    seen = look("machine", Host(name="here"))
    assert seen.memory.total_bytes > seen.memory.available_bytes > 0
    assert seen.load.cores == os.cpu_count()
    assert any(volume.holds_data and volume.used_bytes > 0 for volume in seen.volumes)


def test_images_overlays_and_memory_hold_no_data(recorded: Host) -> None:
    seen = look("machine", recorded)
    data = {volume.mount: volume for volume in seen.volumes if volume.holds_data}
    assert set(data) == {"/", "/srv/shared files", "/tank"}
    assert (data["/"].used_bytes, data["/"].inodes_used) == (14827396 * 1024, 402178)
    assert data["/tank"].inodes_used is None
    assert not seen.complaints.keys() & {"volumes", "memory", "load"}


def test_load_and_memory_come_from_the_recorded_files(recorded: Host) -> None:
    seen = look("machine", recorded)
    assert (seen.load.average_15min, seen.load.cores) == (3.0, 2)
    assert seen.memory.available_bytes == 12342042 * 1024


def test_an_unreadable_file_hides_only_its_own_figures(recorded: Host) -> None:
    (Path(recorded.procfs) / "meminfo").unlink()
    seen = look("machine", recorded)
    assert seen.memory is None
    assert "No such file" in seen.complaints["memory"]
    assert seen.load is not None
    assert seen.volumes


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("cat $0.txt; echo 'df: /srv/nas: Stale file handle' >&2; exit 1", "Stale file handle"),
        ('test "$2" = -i || sleep 20', "no answer within 4 s"),
    ],
)
def test_a_volume_that_df_cannot_read_is_a_complaint(recorded: Host, script: str, words: str) -> None:
    program = Path(recorded.path) / "df"
    program.with_name("df.txt").write_text(SPACE)
    stand_in(program, script)
    seen = look("machine", recorded)
    assert words in seen.complaints["volumes"]
    assert seen.memory is not None


def test_a_volume_without_a_line_of_inodes_is_a_complaint(recorded: Host, tmp_path: Path) -> None:
    (tmp_path / "inodes").write_text(INODES.replace("16% /", "16% /other"))
    assert "no inodes told of /" in look("machine", recorded).complaints["volumes"]


def test_the_processor_is_measured_between_two_samples(recorded: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    stat = Path(recorded.procfs) / "stat"
    moves = SimpleNamespace(monotonic=time.monotonic, sleep=lambda _: stat.write_text(STAT.format(130, 970)))
    monkeypatch.setattr(host_fixtures, "time", moves)
    seen = look("processor", recorded, 0.4)
    assert seen.busy_percent == pytest.approx(30)


def test_this_machine_s_processor_can_be_watched() -> None:
    assert 0 <= look("processor", Host(name="here"), 0.3).busy_percent <= 100


def test_counters_that_stand_still_are_no_look(recorded: Host) -> None:
    with pytest.raises(CouldNotLook, match="did not move"):
        look("processor", recorded, 0.1)


def test_a_command_that_hangs_is_ended_in_time() -> None:
    with pytest.raises(CouldNotLook, match=r"longer than 0\.2 s"):
        host_fixtures.run(Host(name="here"), "sleep 20", seconds=0.2)


def test_a_failing_command_is_told_with_its_last_words() -> None:
    with pytest.raises(CouldNotLook, match=r"nowhere.*No such file"):
        host_fixtures.run(Host(name="here"), "cat /nowhere")


def test_what_is_no_utf_8_can_be_read() -> None:
    assert host_fixtures.run(Host(name="here"), r"printf 'caf\351 \000 ok'") == "caf� \0 ok"


def test_a_host_that_does_not_answer_is_told_by_name() -> None:
    with pytest.raises(CouldNotLook, match="away cannot be reached"):
        look("machine", Host(name="away", connection="ssh://nobody@127.0.0.1:1"))
