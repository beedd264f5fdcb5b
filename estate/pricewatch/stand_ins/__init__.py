"""Programs that stand in for PriceWatch's own."""
