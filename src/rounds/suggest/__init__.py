"""`rounds suggest`: from what a look at a table saw to rows that hold today, for a person to edit."""
