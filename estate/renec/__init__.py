"""RENEC Harvester's estate."""

from .estate import Renec

ESTATE = Renec
