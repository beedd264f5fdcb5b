import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from celery import Celery

from ...fault import fault
from ...part import wait_until
from ..estate import BigShot

QUEUE = "celery"
PILE = 2000


@dataclass(frozen=True)
class Client:
    """Celery over a connection of our own: Celery's shared ones may lead to a Redis that was stopped since."""

    app: Any
    connection: Any

    def send(self, task: str, *arguments: float | str) -> str:
        return str(self.app.send_task(task, arguments, connection=self.connection).id)

    def send_many(self, task: str, count: int) -> None:
        with self.app.amqp.Producer(self.connection) as producer:
            for number in range(count):
                self.app.send_task(task, (number, 1), producer=producer)

    def active(self) -> list[dict[str, Any]]:
        found = self.app.control.inspect(timeout=2, limit=1, connection=self.connection).active() or {}
        return [task for tasks in found.values() for task in tasks]

    def tell(self, command: str, **arguments: str | bool) -> None:
        waits = {"reply": True, "timeout": 2, "limit": 1}
        self.app.control.broadcast(command, arguments=arguments, connection=self.connection, **waits)


@contextmanager
def client(estate: BigShot) -> Iterator[Client]:
    app = Celery("bigshot", broker=estate.env["BIGSHOT_BROKER_URL"], set_as_current=False)
    app.conf.task_ignore_result = True
    with app.connection_for_write() as connection:
        yield Client(app, connection)


@fault(
    "the Celery worker is stopped",
    "bigshot.queue.celery-workers",
    "bigshot.health.api-detailed",
    "bigshot.health.smoke-tests",
    "bigshot.health.compose-services",
    "bigshot.health.services-prod-file",
    "bigshot.recovery.services-recovered",
    may_redden={
        "bigshot.queue.backlog": "nobody can say who consumes the queue",
        "bigshot.queue.active-tasks": "nobody can say what is active",
        "bigshot.resources.containers": "a stopped container has no figures",
    },
)
def stop_worker(estate: BigShot) -> Iterator[None]:
    estate.worker.stop(0.2)  # nothing is lost, and Celery would take 2 s
    estate.await_health(healthy=False)
    yield
    estate.worker.start()
    estate.await_health()


@fault("a task hangs", "bigshot.queue.active-tasks")
def task_hangs(estate: BigShot) -> Iterator[None]:
    with client(estate) as celery:
        task = celery.send("bigshot.export", 3600)
        wait_until(lambda: bool(celery.active()), "the task should start")
        time.sleep(1.6)  # longer than BIGSHOT_TASK_LIMIT
        yield
        celery.tell("revoke", task_id=task, terminate=True, signal="SIGKILL")
        wait_until(lambda: not celery.active(), "the task should end")


@fault(
    "the worker takes nothing from its queue, and 2,000 tasks wait",
    "bigshot.queue.backlog",
    "bigshot.health.smoke-tests",
)
def queue_piles_up(estate: BigShot) -> Iterator[None]:
    with client(estate) as celery, estate.cache.client(0) as broker:
        celery.tell("cancel_consumer", queue=QUEUE)
        celery.send_many("bigshot.add", PILE)
        yield
        broker.delete(QUEUE)
        celery.tell("add_consumer", queue=QUEUE)
        estate.await_health()


@fault(
    "a task crashes with a traceback, as the code of an update has a mistake",
    "bigshot.logs.all-services-tail",
    "bigshot.logs.post-update",
)
def task_crashes(estate: BigShot) -> Iterator[None]:
    length = estate.worker.log.stat().st_size
    with client(estate) as celery:
        celery.send("bigshot.export", "as long as it takes")
        wait_until(lambda: b"TypeError: " in estate.worker.log.read_bytes()[length:], "the task should crash")
    yield
