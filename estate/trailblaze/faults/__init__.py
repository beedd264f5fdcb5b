"""What can be broken in TrailBlaze's estate."""
