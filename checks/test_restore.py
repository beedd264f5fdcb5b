"""A backup counts when it was restored: load it, look at all of it, compare it with what is live."""

from typing import Annotated

from pydantic import Field

from rounds.checks.acting import Acting
from rounds.checks.restored_rows import counted_before, observe_losses, observe_share, observe_tables
from rounds.checks.restored_state import (
    is_restored,
    observe_backup_age,
    observe_conditions,
    observe_newest_rows,
    observe_soundness,
    observe_took,
)
from rounds.fixtures.restored import Restored
from rounds.judge import Earlier, Observer
from rounds.limits import Limit, at_least, at_most
from rounds.quantities import Duration
from rounds.targets import RestoreDrill


class FullRestore(Acting):
    """What the newest backup must hold once it is restored, and how long that may take.

    `share` is of the rows that are live now, in each of `tables`; less of another table is a warning. A table of fewer
    than 20 rows is left out, for one written since is much of it, unless the backup has none of them. `lost` is what a
    table may have lost since the most that drills within `window` counted; tables in `purged` lose rows on purpose.
    `newest_row` is how long before the backup the newest row may have been written, `rpo` how long ago. `rows` is what
    each of `tables` must hold, and `age` how old the backup itself may be.
    """

    drill: RestoreDrill
    tables: Annotated[tuple[str, ...], Field(min_length=1, description="tables that must be there")]
    rows: Limit = at_least(1)
    age: Limit = at_most(2_678_400, unit="s")
    share: Limit = at_least(95, unit="%")
    lost: Limit = at_most(10, unit="%")
    window: Duration = 3_024_000.0
    purged: tuple[str, ...] = ()
    newest_row: Limit = at_most(86_400, unit="s")
    rpo: Limit = at_most(172_800, unit="s")
    took: Limit = at_most(14_400, unit="s")
    verify_indexes: Annotated[bool, Field(description="amcheck is expected to be there")] = False


def test_restore_drill(expected: FullRestore, restored: Restored, earlier: Earlier, observe: Observer) -> None:
    """The newest backup can be restored, and what is restored is whole.

    Remedy: make a backup now and restore that one with this row; until it is good, keep the last good one from being
    rotated away. Then look at what the row names: a load that fails has its reason in the server's words; tables or
    rows that are missing point at the dump's options, another database, or data that are gone live too.
    """
    if not is_restored(restored, observe):
        return
    observe_backup_age(restored, expected.age, observe)
    observe_took(restored, expected.took, observe)
    observe_tables(expected.tables, expected.rows, restored.counts, observe)
    observe_share(expected.tables, expected.share, restored.counts, restored.live, observe)
    before = counted_before(earlier, expected.window, expected.purged)
    observe_losses(restored.counts, before, expected.lost, observe)
    observe_newest_rows(restored, expected.newest_row, expected.rpo, observe)
    observe_soundness(restored.soundness, restored.counts, observe, must_verify=expected.verify_indexes)
    observe_conditions(restored.conditions, observe)
    if restored.made:
        observe("roles and extensions made for it", len(restored.made), note=", ".join(restored.made[:8]))
    if restored.left_out:
        observe("not restored", len(restored.left_out), note=", ".join(restored.left_out[:5]))
    if restored.unwritten:
        observe.unknown("record of this drill", restored.unwritten)
