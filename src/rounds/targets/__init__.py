"""Targets: the things of a system that can be looked at, and how to reach each. One class a kind."""

from rounds.targets.files import Backups, FileCache, Folder, Logrotate, RunReport
from rounds.targets.log import Log
from rounds.targets.machines import REACHED_BY, Compose, Host, Kubernetes
from rounds.targets.services import Certificate, Endpoint, Prometheus
from rounds.targets.stores import Celery, Postgres, Redis
from rounds.targets.target import Target, kinds, named_target, secrets_of, takes_several, target_kind, with_targets

__all__ = [
    "REACHED_BY", "Backups", "Celery", "Certificate", "Compose", "Endpoint", "FileCache", "Folder", "Host",
    "Kubernetes", "Log", "Logrotate", "Postgres", "Prometheus", "Redis", "RunReport", "Target", "kinds",
    "named_target", "secrets_of", "takes_several", "target_kind", "with_targets",
]  # fmt: skip
