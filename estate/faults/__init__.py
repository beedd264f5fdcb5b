"""All faults, found in the modules of this folder."""

from importlib import import_module
from pkgutil import iter_modules

from ..fault import Fault

_MODULES = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
_FOUND = [fault for module in _MODULES for fault in vars(module).values() if isinstance(fault, Fault)]

FAULTS: dict[str, Fault] = {fault.name: fault for fault in _FOUND}
