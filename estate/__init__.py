"""The estate: a small BigShot on real parts, to see every check green and, with a fault put in, red."""

from .estate import Estate
from .part import EstateError

__all__ = ["Estate", "EstateError"]
