"""Copies of the configuration and of exports that were not taken, or are not what they seem."""

import datetime as dt
from collections.abc import Iterator

from ... import dumps
from ...damage import set_aside
from ...fault import fault
from .. import exports
from ..estate import Perera


@fault(
    "the configuration was changed twice, and nobody copied it before",
    "perera.backup.config-copy-dated",
    may_redden={"perera.backup.pre-update-config": "the configuration is another than that of the copy"},
)
def configuration_changed_uncopied(estate: Perera) -> Iterator[None]:
    """The copy that is left is from before the change that is three days old: rounds know when that was."""
    config = estate.home / "config.yml"
    newest = max(estate.home.glob("config.yml.2*"))
    with set_aside(config, newest) as (kept, _):
        text = kept.read_text()
        for number, minutes in enumerate((90, 30), 1):
            config.write_text(f"{text}# change {number}\n")
            dumps.stamp(config, dt.datetime.now(dt.UTC) - dt.timedelta(minutes=minutes))
        yield


@fault("no export was archived this month or the last", "perera.backup.exports-archived")
def exports_not_archived(estate: Perera) -> Iterator[None]:
    with set_aside(*exports.archives(estate.home)):
        yield


@fault("the export in the bucket is gone", "perera.backup.exports-offsite")
def export_gone_offsite(estate: Perera) -> Iterator[None]:
    with estate.bucket.without(exports.BUCKET, exports.KEY):
        yield
