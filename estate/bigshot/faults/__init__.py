"""What can be broken in BigShot's estate."""
