"""What RENEC saves: dumps here and in S3, archives of the harvest in S3 alone, and what people write down of both."""

import datetime as dt
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from .. import dumps, programs
from ..bucket import BucketServer
from ..part import EstateError, clean_env
from ..postgres import Postgres

RECORDED = Path(__file__).with_name("recorded")
STAND_IN = Path(__file__).parent / "stand_ins" / "aws.py"
WITHOUT_KEYS = '[ "$AWS_ACCESS_KEY_ID" ] || { echo "fatal error: Unable to locate credentials" >&2; exit 1; }'
"""Asked by the shell: a rehearsal runs as nobody, who need not be able to run our Python."""
BUCKET = "renec-backups"
DUMP = "renec_backup_%Y%m%d_%H%M%S.sql.gz"
ARCHIVE = "artifacts_backup_%Y%m%d_%H%M%S.tar.gz"
LATEST = "backups/latest.sql.gz"
SCRIPTS = ("backup-database.sh", "backup-artifacts.sh")
NIGHTS = 10
EXERCISES = {98: 9200, 47: 7400, 12: 5100}
"""How many days ago a whole recovery was exercised, and how many seconds it took."""
INCIDENTS = {"INC-2041": 44, "INC-2057": 16, "INC-2063": 2, "INC-2064": None}
"""How many days ago each was closed. Of the last two nothing is due yet."""
HARVEST = ("centros.json", "certificadores.json", "ec_standards/ec_standards.json", "ec_standards/.etags.json")


class Backups:
    """The places, and the scripts that fill them."""

    def __init__(self, home: Path, database: Postgres, bucket: BucketServer) -> None:
        self.home, self.database, self.bucket = home, database, bucket
        self.folder, self.artifacts = home / "backups", home / "artifacts"
        self.exercises, self.incidents = home / "state" / "recoveries.jsonl", home / "state" / "incidents.jsonl"
        self.post_mortems = home / "post-mortems"

    @property
    def scripts(self) -> list[Path]:
        return [self.home / "scripts" / name for name in SCRIPTS]

    def lay_out(self, bin_folder: Path) -> None:
        """Make the folders, the scripts with what they call, what was harvested a month ago, and what people wrote."""
        for folder in (self.folder, self.artifacts, self.post_mortems, self.exercises.parent, self.home / "scripts"):
            folder.mkdir()
        for path in self.scripts:
            shutil.copyfile(RECORDED / path.name, path)
            path.chmod(0o755)
        programs.script(bin_folder, "pg_dump", f'exec {self.database.bin / "pg_dump"} "$@"')
        programs.script(bin_folder, "aws", f'{WITHOUT_KEYS}\nexec {sys.executable} -I -S {STAND_IN} "$@"')
        for number, name in enumerate(HARVEST):
            path = self.artifacts / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps([{"clave": f"EC{number}{at:04d}"} for at in range(400)]))
        dumps.stamp(self.artifacts, ago(35))
        self._write_down()

    def _write_down(self) -> None:
        self.exercises.write_text("".join(exercise(days, seconds) for days, seconds in EXERCISES.items()))
        self.incidents.write_text("".join(incident(name, days) for name, days in INCIDENTS.items()))
        text = (RECORDED / "post-mortem.md").read_text()
        for name in [name for name, days in INCIDENTS.items() if days and days > 7]:
            (self.post_mortems / f"{name}.md").write_text(text.format(id=name, title="the harvest stopped"))

    def make(self, bin_folder: Path) -> None:
        """Let both scripts run, and give what they made a past: the newest is three hours old."""
        self.bucket.make(BUCKET)
        for script in self.scripts:
            self._run(script, bin_folder)
        moments = dumps.lately(NIGHTS)
        (made,) = self.folder.glob("*.sql.gz")
        self.bucket.delete(BUCKET, f"backups/{made.name}")
        newest = made.rename(self.folder / moments[-1].strftime(DUMP))
        for path in dumps.past(newest, DUMP, moments):
            self.bucket.put(BUCKET, f"backups/{path.name}", path)
        self.bucket.date(BUCKET, LATEST, newest.stat().st_mtime)
        self._archive(moments)

    def _archive(self, moments: list[dt.datetime]) -> None:
        (made,) = self.bucket.names(BUCKET, "artifacts/")
        data = self.bucket.client.get_object(Bucket=BUCKET, Key=made)["Body"].read()
        self.bucket.delete(BUCKET, made)
        next(self.folder.glob("*.sha256")).unlink()
        for moment in moments:
            name = moment.strftime(ARCHIVE)
            self.bucket.put(BUCKET, f"artifacts/{name}", data, moment.timestamp())
            record = self.folder / f"{name}.sha256"
            record.write_text(f"{hashlib.sha256(data).hexdigest()}  {name}\n")
            dumps.stamp(record, moment)

    def _run(self, script: Path, bin_folder: Path) -> None:
        login = {"PGPASSWORD": self.database.passwords[self.database.name]}
        keys = {"AWS_ACCESS_KEY_ID": self.bucket.access_key, "AWS_SECRET_ACCESS_KEY": self.bucket.secret_key}
        settings = {
            "DATABASE_URL": f"postgresql://{self.database.name}@127.0.0.1:{self.database.port}/{self.database.name}",
            "S3_BUCKET": BUCKET,
            "AWS_ENDPOINT_URL": self.bucket.url,
            "BACKUP_DIR": str(self.folder),
            "ARTIFACTS": str(self.artifacts),
            "PATH": f"{bin_folder}:{os.environ['PATH']}",
        }
        env = clean_env() | login | keys | settings
        done = subprocess.run([str(script)], env=env, capture_output=True, text=True, check=False, cwd=self.home)
        if done.returncode:
            raise EstateError(f"{script.name} failed: {done.stderr}")

    @property
    def dumps(self) -> list[Path]:
        """The dumps here, oldest first."""
        return sorted(self.folder.glob("renec_backup_*.sql.gz"))

    @property
    def newest_key(self) -> str:
        """Of the newest dump in S3."""
        return f"backups/{self.dumps[-1].name}"

    @property
    def archive_keys(self) -> list[str]:
        """Of the archives in S3, oldest first."""
        return self.bucket.names(BUCKET, "artifacts/")


def ago(days: float) -> dt.datetime:
    return dt.datetime.now(dt.UTC) - dt.timedelta(days=days)


def exercise(days: float, seconds: float) -> str:
    """A line of a recovery that succeeded."""
    told = {
        "at": ago(days).isoformat(timespec="seconds"), "backup": ago(days + 0.2).strftime(DUMP), "outcome": "ok",
        "seconds": seconds, "by": "operations, the whole system on staging",
    }  # fmt: skip
    return json.dumps(told) + "\n"


def incident(name: str, days: float | None) -> str:
    """A line of an incident that was closed so many days ago, or is open."""
    closed = {} if days is None else {"closed": ago(days).isoformat(timespec="seconds")}
    return json.dumps({"id": name, "opened": ago((days or 0) + 1).isoformat(timespec="seconds"), **closed}) + "\n"
