"""BigShot's estate."""

from .estate import BigShot

ESTATE = BigShot
