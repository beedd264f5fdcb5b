"""The state of a restored database: loaded at all, newest rows, pages, indexes, sequences, conditions."""

from rounds.checks.answers import CLOCKS_DIFFER_SECONDS, observe_age
from rounds.fixtures.restore_figures import Condition, Counts
from rounds.fixtures.restore_soundness import Soundness
from rounds.fixtures.restored import Restored
from rounds.judge import Observer
from rounds.limits import Limit, at_most, exactly
from rounds.quantities import shown


def is_restored(restored: Restored, observe: Observer) -> bool:
    """Observe whether the backup was loaded at all."""
    archive = restored.archive
    if archive is None:
        observe.critical("newest backup", f"there is no finished backup in {restored.place}", "missing")
    elif restored.failure:
        observe.critical("newest backup", f"{archive.name} cannot be restored: {restored.failure}", "not restored")
    else:
        note = f"{archive.name}, {restored.kind}, into PostgreSQL {restored.server_version}"
        observe("newest backup", "restored", exactly("restored"), note=note)
        observe("size of the restored database", restored.loaded_bytes, unit="B")
    return archive is not None and not restored.failure


def observe_backup_age(restored: Restored, limit: Limit, observe: Observer) -> None:
    """How old the backup is, by the date in its name or, where it has none, by its last modification."""
    if restored.archive:
        age = restored.looked_at_epoch_seconds - restored.archive.recorded_epoch_seconds
        observe_age(observe, "age of the newest backup", age, limit, restored.archive.name)


def observe_took(restored: Restored, limit: Limit, observe: Observer) -> None:
    """How long the restore took in all: the measured RTO."""
    times = restored.times
    parts = {"fetched": times.fetch_seconds, "started": times.start_seconds, "loaded": times.load_seconds,
             "looked at": times.verify_seconds}  # fmt: skip
    note = ", ".join(f"{word} in {shown(round(seconds, 3), 's')}" for word, seconds in parts.items())
    observe("time to restore", times.in_all_seconds, limit, note=note)


def observe_newest_rows(restored: Restored, before: Limit, rpo: Limit, observe: Observer) -> None:
    """How old the newest rows are: when the backup was made, and now."""
    archive = restored.archive
    ages: list[float] = []
    for row in restored.newest_rows:
        name = f"newest row of {row.table} before the backup"
        if row.at_epoch_seconds is None or archive is None:
            observe.critical(name, row.why, "none")
            continue
        age = restored.looked_at_epoch_seconds - row.at_epoch_seconds
        if age < -CLOCKS_DIFFER_SECONDS:
            why = f"by {row.column}; it lies in the future, so it tells nothing"
            observe.critical(name, why, shown(-age, "s") + " ahead of now")
            continue
        behind = max(0.0, archive.recorded_epoch_seconds - row.at_epoch_seconds)
        observe(name, behind, before, note=f"by {row.column}; the backup is {archive.name}")
        ages.append(max(0.0, age))
    if ages:
        observe("data lost by a restore now", min(ages), rpo, note="the age of the newest row of all")


def observe_soundness(seen: Soundness, found: Counts, observe: Observer, *, must_verify: bool) -> None:
    """Nothing is unreadable, invalid, or behind."""
    unreadable = seen.unreadable or tuple(f"{table}: {why}" for table, why in found.uncounted.items())
    for name, faults in (
        ("what cannot be read", unreadable),
        ("invalid indexes and constraints", seen.invalid),
        ("sequences behind their columns", seen.sequences_behind),
    ):
        observe(name, len(faults), at_most(0), note="; ".join(faults[:3]))
    if seen.unread:
        observe.unknown("what was not read", "; ".join(seen.unread[:3]), len(seen.unread))
    none_verified = seen.indexes_left_out and not seen.indexes_verified
    if not seen.amcheck_hindrance and none_verified and must_verify:
        observe.unknown("damaged indexes", f"none of {seen.indexes_left_out} was verified in the time there was")
    elif not seen.amcheck_hindrance:
        left_out = f", {seen.indexes_left_out} left out" if seen.indexes_left_out else ""
        note = "; ".join(seen.damaged_indexes[:3]) or f"{seen.indexes_verified} verified{left_out}"
        observe("damaged indexes", len(seen.damaged_indexes), at_most(0), note=note)
    elif must_verify:
        observe.unknown("damaged indexes", seen.amcheck_hindrance)
    else:
        observe("damaged indexes", "not looked for", note=seen.amcheck_hindrance)


def observe_conditions(conditions: tuple[Condition, ...], observe: Observer) -> None:
    """Each of the user's own conditions holds in what was restored."""
    for condition in conditions:
        if condition.holds is None:
            observe.unknown(condition.name, f"it cannot be asked: {condition.said}")
        else:
            observe(condition.name, condition.holds, exactly(True), note=condition.said if not condition.holds else "")
