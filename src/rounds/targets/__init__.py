"""Targets: the things of a system that can be looked at, and how to reach each. One class a kind."""

from rounds.targets.attestations import Attestations, Incidents
from rounds.targets.backups import Backups, Bucket
from rounds.targets.datasets import Busy, Dataset, Warehouse
from rounds.targets.files import FileCache, Folder, Logrotate, RunReport
from rounds.targets.log import Log
from rounds.targets.machines import REACHED_BY, Compose, Host, Kubernetes
from rounds.targets.restores import RestoreDrill, RestoreRecords
from rounds.targets.services import Certificate, Endpoint, Prometheus
from rounds.targets.stores import Celery, Postgres, Redis, Sqlite
from rounds.targets.target import (
    Target,
    kinds,
    named_target,
    secrets_of,
    takes_several,
    target_kinds,
    with_targets,
    words_of,
)

__all__ = [
    "REACHED_BY", "Attestations", "Backups", "Bucket", "Busy", "Celery", "Certificate", "Compose", "Dataset",
    "Endpoint", "FileCache", "Folder", "Host", "Incidents",
    "Kubernetes", "Log", "Logrotate", "Postgres", "Prometheus", "Redis",
    "RestoreDrill", "RestoreRecords", "RunReport", "Sqlite", "Target", "Warehouse", "kinds",
    "named_target", "secrets_of", "takes_several", "target_kinds", "with_targets", "words_of",
]  # fmt: skip
