"""What can be broken in RENEC Harvester's estate."""
