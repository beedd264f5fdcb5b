"""The figures of a round: in a real Pushgateway, and as a file of the textfile collector."""

import os
import stat
import subprocess
import threading
import time
from pathlib import Path

import pytest
from pydantic import ValidationError

from rounds.alerting.alert import Kind
from rounds.estate.part import wait_until
from rounds.outcome import Outcome
from rounds.reports import metrics
from rounds.senders import NotDelivered, Pushgateway, Textfile


def samples(gateway) -> list[str]:
    return [each for each in gateway.get("metrics").text.splitlines() if each.startswith(("rounds_", "push_"))]


def groups(gateway) -> list[dict[str, str]]:
    return [each["labels"] for each in gateway.get("api/v1/metrics").json()["data"]]


def test_the_gateway_keeps_the_newest_round_of_each_batch(gateway, a_round):
    sender = Pushgateway(url=gateway.url).sender()
    sender.send_round(a_round(Outcome.OK, Outcome.CRITICAL))
    sender.send_round(a_round(Outcome.OK, batch="weekly"))
    assert [each for each in samples(gateway) if each.startswith("rounds_round_last_success") and '"weekly"' in each]
    sender.send_round(a_round(Outcome.OK))
    sender.send_round(a_round(Outcome.CRITICAL, batch="weekly"))
    held = samples(gateway)
    assert not [each for each in held if each.startswith("rounds_round_last_success") and '"weekly"' in each]
    assert (
        'rounds_expectation_outcome{area="area",batch="daily",id="bigshot.area.row-0",instance="",job="rounds",severity="critical",system="bigshot"} 0'
        in held
    )
    assert not [each for each in held if 'id="bigshot.area.row-1"' in each], "PUT takes the place of all that was there"
    assert {"job": "rounds", "batch": "daily"} in groups(gateway)
    assert {"job": "rounds", "batch": "weekly"} in groups(gateway)
    assert [each for each in held if each.startswith("rounds_round_finished_timestamp_seconds{") and '"weekly"' in each]


@pytest.mark.parametrize("batch", ["a/b", "", "..", "ü €", "%2F", "a?b#c"])
def test_batches_of_any_name_are_groups_of_their_own(gateway, a_round, batch):
    Pushgateway(url=f"{gateway.url}/", job=f"odd/{batch or 'none'}", labels={"site": "a/b c"}).sender().send_round(
        a_round(Outcome.OK, batch=batch)
    )
    wanted = {"job": f"odd/{batch or 'none'}", "site": "a/b c"} | ({"batch": batch} if batch else {})
    assert wanted in [{name: value for name, value in each.items() if value} for each in groups(gateway)]


def test_a_test_of_the_gateway_leaves_nothing_behind(gateway, alert):
    Pushgateway(url=gateway.url).sender().send(alert(kind=Kind.TEST))
    wait_until(lambda: {"job": "rounds_test", "batch": "test"} not in groups(gateway), "the group of the test is gone")


def test_what_the_gateway_refuses_is_told_for_good(gateway, a_round, monkeypatch):
    monkeypatch.setattr(metrics, "lines", lambda _: iter(["rounds_x 1 1700000000000\n"]))
    with pytest.raises(NotDelivered, match=r"answered 400 Bad Request: pushed metrics .*timestamp") as told:
        Pushgateway(name="push", url=gateway.url).sender().send_round(a_round(Outcome.OK))
    assert told.value.permanent


def test_a_gateway_that_is_down_is_tried_again(a_round):
    with pytest.raises(NotDelivered, match="gives no answer: connection refused") as told:
        Pushgateway(url="http://127.0.0.1:9").sender().send_round(a_round(Outcome.OK))
    assert not told.value.permanent


def test_channels_that_tell_rounds_take_no_alerts(tmp_path, alert):
    for channel in (Pushgateway(name="x", url="http://127.0.0.1:9"), Textfile(name="x", folder=str(tmp_path))):
        assert channel.tells == "rounds"
        with pytest.raises(NotDelivered, match="tells rounds, no alerts") as told:
            channel.sender().send(alert())
        assert told.value.permanent


def test_the_textfile_is_whole_readable_and_the_same_metrics(tmp_path, a_round, needed):
    told = a_round(Outcome.OK, Outcome.CRITICAL)
    old = os.umask(0o077)
    try:
        Textfile(folder=str(tmp_path)).sender().send_round(told)
    finally:
        os.umask(old)
    (written,) = tmp_path.iterdir()
    assert written.name == "rounds-daily.prom"
    assert stat.S_IMODE(written.stat().st_mode) == 0o644
    assert written.read_text() == "".join(metrics.lines(told))
    assert written.read_text().endswith("\n")
    subprocess.run(
        [needed("promtool", "prometheus"), "check", "metrics"],
        input=written.read_bytes(),
        check=True,
        capture_output=True,
    )


def test_the_collector_never_sees_half_a_file(tmp_path, a_round):
    sender = Textfile(folder=str(tmp_path)).sender()
    small, large = a_round(Outcome.OK), a_round(*[Outcome.CRITICAL] * 300)
    wholes = {"".join(metrics.lines(each)) for each in (small, large)}
    sender.send_round(small)
    wrong, ended = [], threading.Event()

    def collector() -> None:
        while not ended.is_set():
            read = [path.read_text() for path in tmp_path.glob("*.prom")]
            wrong.extend(each for each in read if each not in wholes)
            if len(read) != 1:
                wrong.append(f"{len(read)} files")

    reading = threading.Thread(target=collector)
    reading.start()
    for number in range(20):
        sender.send_round(large if number % 2 else small)
    ended.set()
    reading.join()
    assert wrong == []


def test_a_batch_has_its_own_file_whatever_its_name(tmp_path, a_round):
    sender = Textfile(folder=str(tmp_path), file="ops-{batch}.prom").sender()
    for batch in ("daily", "../../etc/x", ""):
        sender.send_round(a_round(Outcome.OK, batch=batch))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ops-_.prom", "ops-______etc_x.prom", "ops-daily.prom"]


def test_drafts_of_killed_rounds_are_swept_and_new_ones_stay(tmp_path, a_round):
    for name in ("old", "new"):
        (tmp_path / f".rounds-{name}.new").write_text("half")
    os.utime(tmp_path / ".rounds-old.new", (time.time() - 7200,) * 2)
    Textfile(folder=str(tmp_path)).sender().send_round(a_round(Outcome.OK))
    assert sorted(path.name for path in tmp_path.iterdir()) == [".rounds-new.new", "rounds-daily.prom"]


def test_a_full_disk_leaves_the_old_file_and_no_draft(tmp_path, a_round, monkeypatch):
    sender = Textfile(name="node", folder=str(tmp_path)).sender()
    sender.send_round(a_round(Outcome.OK))
    before = (tmp_path / "rounds-daily.prom").read_text()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(
        NotDelivered, match=rf"^node \({tmp_path}\) cannot be written: No space left on device$"
    ) as told:
        sender.send_round(a_round(Outcome.CRITICAL))
    assert not told.value.permanent
    assert [path.name for path in tmp_path.iterdir()] == ["rounds-daily.prom"]
    assert (tmp_path / "rounds-daily.prom").read_text() == before


def test_a_folder_that_is_missing_is_told(tmp_path, a_round, alert):
    sender = Textfile(folder=str(tmp_path / "none")).sender()
    for sent in (lambda: sender.send_round(a_round(Outcome.OK)), lambda: sender.send(alert(kind=Kind.TEST))):
        with pytest.raises(NotDelivered, match="cannot be written: No such file or directory"):
            sent()


def test_a_test_of_the_folder_leaves_nothing_behind(tmp_path, alert):
    Textfile(folder=str(tmp_path)).sender().send(alert(kind=Kind.TEST))
    assert list(Path(tmp_path).iterdir()) == []


@pytest.mark.parametrize(
    ("model", "given", "words"),
    [
        (Textfile, {"folder": "relative"}, "folder"),
        (Textfile, {"folder": "/x", "file": "rounds.txt"}, "file"),
        (Textfile, {"folder": "/x", "file": "../x.prom"}, "file"),
        (Pushgateway, {"url": "http://x:9091?a=b"}, "without ? and #"),
        (Pushgateway, {"url": "http://u:pw123456@x:9091"}, "a login does not belong into this URL"),
        (Pushgateway, {"url": "http://x:9091", "labels": {"a-b": "1"}}, "'a-b' cannot be a label"),
        (Pushgateway, {"url": "http://x:9091", "labels": {"batch": "1"}}, "'batch' cannot be a label"),
    ],
)
def test_mistakes_of_the_configuration_are_told(model, given, words):
    with pytest.raises(ValidationError) as told:
        model(**given)
    assert words in str(told.value)
    assert "pw123456" not in str(told.value)
