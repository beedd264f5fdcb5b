"""PriceWatch's estate."""

from .estate import PriceWatch

ESTATE = PriceWatch
