"""Compressed logs are known again by more than the place that the file system gave them."""

import gzip
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rounds.targets import Log


@pytest.mark.usefixtures("state")
def test_another_compressed_file_of_the_same_inode_and_size_is_read(
    app_log: Callable[..., Log], path: Path, count: Callable[..., Any], stamped: Callable[[float, str], str]
) -> None:
    def errors() -> int:
        return sum(tally.count for tally in count(app_log()).kinds.values())

    path.write_text(stamped(1, "INFO fine"))
    packed, line = path.with_suffix(".log.1.gz"), stamped(3, "ERROR one")
    packed.write_bytes(gzip.compress((line * 3).encode(), 0))
    before = packed.stat()
    os.utime(packed, times=(time.time() - 3_600,) * 2)
    assert errors() == 3
    packed.write_bytes(gzip.compress((line * 3).replace("ERROR one", "INFO  one").encode(), 0))
    assert (packed.stat().st_ino, packed.stat().st_size) == (before.st_ino, before.st_size)
    assert errors() == 0
