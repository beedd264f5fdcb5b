"""What the worker of these tests can do. Its queue is called work."""

import os
import time

from celery import Celery

app = Celery("tasks", broker=os.environ["WORKER_BROKER"])
app.conf.update(task_default_queue="work", task_ignore_result=True, broker_connection_retry_on_startup=True)


def nap(seconds: float) -> None:
    time.sleep(seconds)


app.task(nap)
