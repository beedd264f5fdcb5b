"""BigShot's Celery application, for its backend and its worker."""

import os
import time

import psycopg
from celery import Celery

app = Celery("bigshot", broker=os.environ.get("BIGSHOT_BROKER_URL", "redis://127.0.0.1"))
app.conf.update(
    task_default_queue="celery",
    task_ignore_result=True,  # results in Redis would blur the cache's hit figures
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    worker_cancel_long_running_tasks_on_connection_loss=True,
    broker_transport_options={"socket_timeout": 5, "socket_connect_timeout": 2},
)


@app.task(name="bigshot.add")  # type: ignore[untyped-decorator]
def add(one: int, other: int) -> int:
    return one + other


@app.task(name="bigshot.export")  # type: ignore[untyped-decorator]
def export(seconds: float) -> None:
    """Work for so long."""
    time.sleep(seconds)


@app.task(name="bigshot.noop")  # type: ignore[untyped-decorator]
def noop(job: int) -> None:
    """Do a job that does nothing but say that it is done."""
    done = b"UPDATE jobs SET status = 'completed', started_at = now(), completed_at = clock_timestamp() WHERE id = %s"
    with psycopg.connect(os.environ["BIGSHOT_APP_DSN"], connect_timeout=2) as connection:
        connection.execute(done, (job,))
