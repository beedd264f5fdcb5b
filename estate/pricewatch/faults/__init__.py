"""What can be broken in PriceWatch's estate."""
