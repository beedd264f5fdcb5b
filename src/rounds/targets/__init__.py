"""Targets: the things of a system that can be looked at, and how to reach each. One class a kind."""

from rounds.targets.files import Backups
from rounds.targets.log import Log
from rounds.targets.machines import REACHED_BY, Compose, Host, Kubernetes
from rounds.targets.services import Certificate, Endpoint, Prometheus
from rounds.targets.stores import Celery, Postgres, Redis
from rounds.targets.target import Target, kinds, named_target, secrets_of, target_kind

__all__ = [
    "REACHED_BY", "Backups", "Celery", "Certificate", "Compose", "Endpoint", "Host", "Kubernetes", "Log", "Postgres",
    "Prometheus", "Redis", "Target", "kinds", "named_target", "secrets_of", "target_kind",
]  # fmt: skip
