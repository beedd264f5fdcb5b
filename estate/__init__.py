"""The estate: the five systems on real parts, small, to see every check green and, with a fault put in, red.

One package a system (`bigshot/`, `renec/` …) with its `ESTATE` and its `faults/`; what they share stands beside them.
"""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from .estate import Estate
from .fault import Fault
from .part import EstateError

__all__ = ["SYSTEMS", "Estate", "EstateError", "Fault", "estate_of", "faults_of"]

SYSTEMS = tuple(sorted(path.parent.name for path in Path(__file__).parent.glob("*/faults")))


def estate_of(system: str) -> type[Estate]:
    """The estate of a system; import it only when it is wanted: each brings its own clients."""
    kind: type[Estate] = import_module(f"{__name__}.{system}").ESTATE
    return kind


def faults_of(system: str) -> dict[str, Fault]:
    """All faults that can be put into a system's estate, by name: found in the modules of its folder."""
    package: Any = import_module(f"{__name__}.{system}.faults")
    modules = [import_module(f"{package.__name__}.{module.name}") for module in iter_modules(package.__path__)]
    found = [fault for module in modules for fault in vars(module).values() if isinstance(fault, Fault)]
    return {fault.name: fault for fault in found}
