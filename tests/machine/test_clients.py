"""Looks in several threads import their clients, also such as Python's own locks cannot import at once."""

import sys
import threading
import time

import pytest

from rounds.look import Look
from rounds.probe import Probe
from rounds.targets import Folder, Sqlite


class SlowToFind:
    """Takes its time to say that it does not have the package: so it is found slowly, as on a disk that is busy."""

    def find_spec(self, name, *_):
        if name == "rounds_outer":
            time.sleep(0.4)


@pytest.fixture
def outer(tmp_path, monkeypatch):
    """A package that imports a part of itself, and that is found slowly."""
    package = tmp_path / "rounds_outer"
    package.mkdir()
    (package / "__init__.py").write_text("from rounds_outer.inner import READY\n")
    (package / "inner.py").write_text("READY = True\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "meta_path", [SlowToFind(), *sys.meta_path])
    yield
    for name in ("rounds_outer", "rounds_outer.inner"):
        sys.modules.pop(name, None)


@pytest.mark.usefixtures("outer")
def test_a_package_and_its_part_are_imported_at_once(monkeypatch):
    monkeypatch.setattr(Sqlite, "client", ("rounds_outer",))
    monkeypatch.setattr(Folder, "client", ("rounds_outer.inner",))

    def whole(_):
        import rounds_outer  # noqa: PLC0415 - as fixtures import their clients

        return rounds_outer.READY

    def part(_):
        from rounds_outer.inner import READY  # noqa: PLC0415 - as above

        return READY

    seen = []
    threads = []
    for ready, target in ((whole, Sqlite(name="one", path="")), (part, Folder(name="two", path="/two"))):
        look = Look(Probe("ready", ready, ("_",), 5.0), {"_": target}, 5.0)
        threads.append(threading.Thread(target=lambda look=look: seen.append(look.take())))
        threads[-1].start()
        time.sleep(0.1)
    for thread in threads:
        thread.join()
    assert seen == [(True, None), (True, None)]


def test_what_cannot_be_imported_is_told_by_the_look(monkeypatch):
    monkeypatch.setattr(Sqlite, "client", ("no_such_library",))

    def ready(_):
        import no_such_library  # noqa: PLC0415 - as above

        return no_such_library

    _, error = Look(Probe("ready", ready, ("_",), 5.0), {"_": Sqlite(name="one", path="")}, 5.0).take()
    assert isinstance(error, ModuleNotFoundError)
