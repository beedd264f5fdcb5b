"""The damage library: what happens to backups, done for real and taken out again without a trace.

    with cut_by_1_kb(folder / "shop_20261122.sql.gz"):
        ...                                    # the newest backup is 1 kB short

    for damage in DAMAGES.values():            # all that can happen to this one
        if damage.suits(victim):
            with damage(victim):
                ...

A damage of your own is a function from `Victim` to a context manager under `@damage(…)`; it joins `DAMAGES`.
"""

from .content import (
    a_fifth_of_the_rows_gone,
    another_database,
    archive_without_members,
    broken_statement,
    cut_before_packing,
    empty_dump_packed,
    half_the_size,
    needs_a_role,
    needs_an_extension,
    without_a_table,
    without_an_index,
    without_rows_of_a_table,
)
from .copies import (
    copied_afresh_under_a_new_name,
    copied_under_a_new_name,
    days_missing,
    in_progress,
    left_over,
    newest_is_a_folder,
    newest_missing,
    old_one_touched,
    world_readable,
)
from .kept import added, changed, set_aside
from .library import DAMAGES, KINDS, Damage, Kind, Sight, Victim, damage, kind_of
from .stored import (
    bit_flipped_at_the_end,
    bit_flipped_in_the_header,
    bit_flipped_in_the_middle,
    cut_by_1_byte,
    cut_by_1_kb,
    cut_in_half,
    emptied,
    heap_page_damaged,
    heap_page_damaged_before,
    sqlite_page_overwritten,
    wal_missing,
)

__all__ = [
    "DAMAGES",
    "KINDS",
    "Damage",
    "Kind",
    "Sight",
    "Victim",
    "a_fifth_of_the_rows_gone",
    "added",
    "another_database",
    "archive_without_members",
    "bit_flipped_at_the_end",
    "bit_flipped_in_the_header",
    "bit_flipped_in_the_middle",
    "broken_statement",
    "changed",
    "copied_afresh_under_a_new_name",
    "copied_under_a_new_name",
    "cut_before_packing",
    "cut_by_1_byte",
    "cut_by_1_kb",
    "cut_in_half",
    "damage",
    "days_missing",
    "emptied",
    "empty_dump_packed",
    "half_the_size",
    "heap_page_damaged",
    "heap_page_damaged_before",
    "in_progress",
    "kind_of",
    "left_over",
    "needs_a_role",
    "needs_an_extension",
    "newest_is_a_folder",
    "newest_missing",
    "old_one_touched",
    "set_aside",
    "sqlite_page_overwritten",
    "wal_missing",
    "without_a_table",
    "without_an_index",
    "without_rows_of_a_table",
    "world_readable",
]
