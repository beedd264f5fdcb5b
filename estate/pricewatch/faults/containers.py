import os
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil

from ...fault import fault
from ...part import Part, wait_until
from ..estate import PriceWatch

BALLAST = Path(__file__).parents[2] / "stand_ins" / "ballast.py"
HOG_MIB = 960
NO_FIGURES = {"pricewatch.resources.containers": "a stopped container has no figures"}


@fault(
    "the scraper's container is stopped",
    "pricewatch.health.compose-services",
    "pricewatch.health.services-restored",
    "pricewatch.health.after-start",
    "pricewatch.health.system-check",
    "pricewatch.health.metrics-endpoint",
    "pricewatch.health.prometheus-up",
    "pricewatch.queue.size",
    may_redden=NO_FIGURES,
)
def stop_scraper(estate: PriceWatch) -> Iterator[None]:
    estate.scraper.part.stop()
    estate.await_scraped(up=0)
    yield
    estate.scraper.start()
    estate.await_scraped()


@fault("the scraper crashed, and its restart policy started it again", "pricewatch.health.compose-services")
def scraper_restarted(estate: PriceWatch) -> Iterator[None]:
    restart(estate, restarts=1)
    yield
    restart(estate, restarts=0)  # a container that is made anew


def restart(estate: PriceWatch, restarts: int) -> None:
    estate.scraper.part.stop()
    estate.scraper.part.restarts = restarts
    estate.scraper.start()
    estate.await_scraped()


@fault(
    "Grafana was left stopped",
    "pricewatch.health.compose-services",
    "pricewatch.health.services-restored",
    "pricewatch.health.after-start",
    "pricewatch.health.system-check",
    "pricewatch.health.grafana",
    may_redden=NO_FIGURES,
)
def grafana_left_stopped(estate: PriceWatch) -> Iterator[None]:
    estate.grafana.part.stop()
    yield
    estate.grafana.start()


@fault("somebody's process takes nearly all memory of the scraper's container", "pricewatch.resources.containers")
def memory_hog(estate: PriceWatch) -> Iterator[None]:
    command = [sys.executable, "-I", "-S", str(BALLAST), str(HOG_MIB), str(os.getpid())]
    hog = Part("scraper/hog", command, estate.home, estate.root / "hog.log")
    with estate.beside(hog):
        wait_until(lambda: psutil.Process(hog.pid).memory_info().rss > HOG_MIB * 1024**2, "it should hold its memory")
        yield


@fault(
    "the scraper lost its memory limit",
    "pricewatch.resources.limits-set",
    "pricewatch.resources.containers",
)
def limit_removed(estate: PriceWatch) -> Iterator[None]:
    before = estate.compose.read_text()
    estate.compose.write_text(before.replace("    mem_limit: 1024m\n", "", 1))
    yield
    estate.compose.write_text(before)


@fault("an emergency was called, and the scraper runs on", "pricewatch.health.scraper-stopped")
def scraper_runs_on(estate: PriceWatch) -> Iterator[None]:
    estate.emergency.touch()
    yield
    estate.emergency.unlink()
