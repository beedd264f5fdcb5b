"""BigShot's real servers: when its database stops, ten rows turn, and people hear of two things and of their end."""

import json
import shutil
import subprocess

from rounds.estate import faults_of
from rounds.stage import own_systems, staged
from tests.senders.conftest import receiver

_ = receiver  # the fixture


def test_a_database_that_stops_is_one_alert_with_all_that_depends_on_it(tmp_path, receiver):
    systems = tmp_path / "systems"
    shutil.copytree(own_systems(), systems)
    (systems / "alerts.yaml").write_text(f"channels: {{hook: {{kind: webhook, url: '{receiver.url}'}}}}\n")

    def told(stage):
        receiver.seen.clear()
        line = [word.replace(str(own_systems()), str(systems)) for word in stage.command("daily", tmp_path / "reports")]
        subprocess.run(line, cwd=stage.folder, env=stage.env, capture_output=True, check=False)
        alerts = [json.loads(seen.body) for seen in receiver.seen]
        return {alert["key"]: (alert["kind"], {row["id"] for row in alert["rows"]}) for alert in alerts}

    with staged(["bigshot"], "daily") as stage:
        assert told(stage) == {}
        fault = faults_of("bigshot")["stop-database"]
        with fault.put_into(stage.estates["bigshot"]):
            broken = told(stage)
        mended = told(stage)
    compose = "bigshot.health.compose-services"
    assert broken.keys() - fault.may_redden.keys() == mended.keys() == {"bigshot/database", compose}
    kind, rows = broken["bigshot/database"]
    assert (kind, len(rows)) == ("bad", 9)
    assert "bigshot.health.api-detailed" in rows, "the API depends on the database, and says so itself"
    assert mended["bigshot/database"] == ("recovered", rows)
