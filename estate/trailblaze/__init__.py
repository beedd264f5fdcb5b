"""TrailBlaze's estate."""

from .estate import TrailBlaze

ESTATE = TrailBlaze
