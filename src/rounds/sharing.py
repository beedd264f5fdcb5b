"""With xdist: rows on the same server go to the same worker, so that nothing is looked at twice, or disturbed.

xdist's own `loadgroup` writes its groups where pytest 9 no longer reads them, so the scheduler is told here.
"""

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from rounds.inventory.load import Row
from rounds.select import expectation_of


def groups_of(rows: list[Row]) -> dict[str, str]:
    """For each row's id the group it belongs to: rows on a common server, directly or through others."""
    leader: dict[str, str] = {}

    def find(key: str) -> str:
        while leader.setdefault(key, key) != key:
            key = leader[key]
        return key

    for row in rows:
        for lane in row.lanes:
            leader[find(lane)] = find(row.id)
    return {row.id: find(row.id) for row in rows}


class SharingScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Hands out whole groups of expectations to workers."""

    def __init__(self, config: pytest.Config, log: Any, groups: dict[str, str]) -> None:
        super().__init__(config, log)
        self.groups = groups

    def remove_node(self, node: Any) -> str | None:
        """Let the others do what a crashed worker has left, but not what it crashed on: that would crash them, too."""
        workload = self.assigned_work.pop(node)
        left = [nodeid for unit in workload.values() for nodeid, is_done in unit.items() if not is_done]
        if not left:
            return None
        for unit in workload.values():
            if left[0] in unit:
                unit[left[0]] = True
        self.workqueue.update({scope: unit for scope, unit in workload.items() if not all(unit.values())})
        for other in self.assigned_work:
            self._reschedule(other)
        return str(left[0])

    def _reschedule(self, node: Any) -> None:
        """A worker begins an item when it knows the next one, or that there is none: tell it either."""
        while self.workqueue and not node.shutting_down and self._pending_of(self.assigned_work[node]) < 2:
            self._assign_work_unit(node)
        super()._reschedule(node)
        if not self.workqueue and not node.shutting_down:
            node.shutdown()

    def _split_scope(self, nodeid: str) -> str:
        return self.groups.get(expectation_of(nodeid), nodeid)
