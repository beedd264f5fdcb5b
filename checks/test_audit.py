"""What was changed can be looked up."""

from rounds.expectation import Expectation
from rounds.fixtures.audit import AuditEntries
from rounds.judge import Earlier, Observer
from rounds.limits import Limit, at_least, at_most
from rounds.quantities import Duration, shown
from rounds.targets import Postgres

_REMEMBERED_SECONDS = 7 * 86400


class AuditTrail(Expectation):
    """An audit table whose numbers leave no gap, and which grows when something in `changes` (`table.column`) does.

    Without `changes` it must grow when the row says how many `entries` are due. A rolled back insert uses up a number
    too: where that happens in ordinary life, allow some `missing_ids`.
    """

    database: Postgres
    table: str
    identity: str = "id"
    created: str = "created_at"
    changes: tuple[str, ...] = ()
    window: Duration = 86400
    entries: Limit = at_least(1)
    missing_ids: Limit = at_most(0)
    ahead: Limit = at_most(1, unit="s")


def test_audit_trail(expected: AuditTrail, audit_trail: AuditEntries, earlier: Earlier, observe: Observer) -> None:
    """The audit log records every change, and nobody removes from it.

    Remedy: a gap or lost entries mean that somebody deleted, or that an insert was rolled back: compare with the
    newest backup, keep both, and find out who may delete from the table. Changes without an entry mean that the
    application stopped writing, or that somebody changed the database by hand.
    """
    seen, window = audit_trail, shown(expected.window, "s")
    changed = []
    for name, age in seen.changed_seconds.items():
        if age is None:
            observe.unknown("sources of changes", f"no row of {name} has a time, so nobody can tell whether it changed")
        elif age <= expected.window:
            changed.append(name)
    always = not seen.changed_seconds and "entries" in expected.model_fields_set
    note = f"nothing that is audited changed in the last {window}" if seen.changed_seconds else f"of the last {window}"
    note = f"changed: {', '.join(changed)}" if changed else note
    observe("entries of the window", seen.entries, expected.entries if changed or always else None, note=note)
    if seen.undated or (seen.newest_id is not None and seen.ahead_seconds is None):
        why = f"they have no {expected.created}, so nobody can tell which are of the window"
        observe.unknown("entries without a time", why, seen.undated or "all")
    observe("missing ids", seen.missing_ids, expected.missing_ids, note=seen.first_gap)
    if seen.ahead_seconds is not None:
        observe("newest entry ahead of the clock", max(0.0, seen.ahead_seconds), expected.ahead)
    _newest_stays(seen.newest_id, earlier, observe)


def _newest_stays(newest: int | None, earlier: Earlier, observe: Observer) -> None:
    name = "newest id"
    before = max((figure.value for figure in earlier.all(name, at_most_old=_REMEMBERED_SECONDS)), default=0.0)
    if (newest or 0) < before:
        observe.critical(name, f"it was {before:.0f} in an earlier round: the newest entries are gone", newest)
    elif newest is None:
        observe.unknown(name, "there is no entry at all")
    else:
        observe(name, newest)
