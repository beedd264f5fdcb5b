"""A kubectl that replays what a real one printed (1.32, from objects in the form of the API)."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rounds.fixtures import kubernetes
from rounds.probe import PROBES
from rounds.targets import Host, Kubernetes

ROOT = Path(__file__).resolve().parents[2]
STAND_IN = ROOT / "estate" / "stand_ins" / "kubectl_client.py"
RECORDED = ROOT / "estate" / "recorded" / "kubectl"
assert kubernetes


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    """The folder of recorded lists, which a test may change; kubectl stands in the folder bin beside it."""
    folder = tmp_path / "answers"
    shutil.copytree(RECORDED, folder)
    script = tmp_path / "bin" / "kubectl"
    script.parent.mkdir()
    script.write_text(
        f'#!/bin/sh\necho "$*" >> {tmp_path}/asked\nexec {sys.executable} -I -S {STAND_IN} {folder} "$@"\n'
    )
    script.chmod(0o755)
    return folder


@pytest.fixture
def cluster(answers: Path) -> Kubernetes:
    host = Host(name="ops", path=str(answers.parent / "bin"))
    return Kubernetes(name="cluster", host=host, namespace="renec", context="production")


@pytest.fixture
def look(cluster: Kubernetes) -> Callable[..., Any]:
    return lambda **changed: PROBES["namespace"].look(cluster.model_copy(update=changed))


@pytest.fixture
def change(answers: Path) -> Callable[[str, str, Callable[[dict[str, Any]], Any]], None]:
    """Change one recorded object by its name, or all whose name begins so."""

    def changed(kind: str, name: str, how: Callable[[dict[str, Any]], Any]) -> None:
        path = answers / f"{kind}.json"
        told = json.loads(path.read_text())
        for item in told["items"]:
            if item["metadata"]["name"].startswith(name):
                how(item)
        path.write_text(json.dumps(told))

    return changed
