"""Perera's estate."""

from .estate import Perera

ESTATE = Perera
