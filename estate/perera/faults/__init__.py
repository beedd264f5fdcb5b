"""What can be broken in Perera's estate."""
