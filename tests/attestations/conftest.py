"""A system whose rows wait for a person's word, and the real command on it."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

INVENTORY = """
targets:
  said: {kind: attestations, path: attestations.jsonl}
  database: {kind: postgres, dsn: "${A_VARIABLE_THAT_ONLY_A_ROUND_NEEDS}"}
  web: {kind: host}
"""
ROWS = """
- {id: shop.recovery.failover, check: attestation-fresh, attestations: said, result: ., when: [quarterly], runbook: Q}
- {id: shop.recovery.review, check: attestation-fresh, attestations: said, when: [monthly, quarterly], runbook: Q}
- {id: shop.recovery.drill, check: attestation-fresh, attestations: said, age: 30d, when: [emergency], runbook: Q}
- {id: shop.health.disk, check: disk-usage, host: web, when: [daily], runbook: Daily}
"""


@dataclass
class Shop:
    """A folder with one system, and what `rounds` says in it."""

    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / "systems" / "shop" / "attestations.jsonl"

    def start(self, *words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "rounds", *words]
        kept = {name: value for name, value in os.environ.items() if name != "A_VARIABLE_THAT_ONLY_A_ROUND_NEEDS"}
        return subprocess.Popen(
            command, cwd=self.folder, env=kept, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def attest(self, *words: str) -> tuple[int, str]:
        """The exit status, and what it said: on standard output if that is 0, else on standard error."""
        process = self.start("attest", *words)
        output, error = process.communicate(timeout=60)
        assert not (error if process.returncode == 0 else output)
        return process.returncode, output + error


def made_in(folder: Path) -> Shop:
    made = Shop(folder)
    made.file.parent.mkdir(parents=True)
    (made.file.parent / "inventory.yaml").write_text(INVENTORY)
    (made.file.parent / "expectations.yaml").write_text(ROWS)
    return made


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return made_in(tmp_path)
