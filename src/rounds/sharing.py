"""With xdist: expectations that share a target go to the same worker, so that nothing is looked at twice.

xdist's own `loadgroup` writes its groups where pytest 9 no longer reads them, so the scheduler is told here.
"""

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from rounds.inventory.load import Row


def groups_of(rows: list[Row]) -> dict[str, str]:
    """For each row's id the group it belongs to: rows that name a common target, directly or through others."""
    leader: dict[str, str] = {}

    def find(key: str) -> str:
        while leader.setdefault(key, key) != key:
            key = leader[key]
        return key

    for row in rows:
        for target in row.target_names:
            leader[find(target)] = find(row.id)
    return {row.id: find(row.id) for row in rows}


def expectation_of(nodeid: str) -> str:
    """The id of the row in a node id: `test_disk.py::test_disk_usage[bigshot.resources.disk]`."""
    return nodeid.rpartition("[")[2].removesuffix("]")


class SharingScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Hands out whole groups of expectations to workers."""

    def __init__(self, config: pytest.Config, log: Any, groups: dict[str, str]) -> None:
        super().__init__(config, log)
        self.groups = groups

    def _split_scope(self, nodeid: str) -> str:
        return self.groups.get(expectation_of(nodeid), nodeid)
