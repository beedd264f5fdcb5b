"""Rounds in this clone: the plugin is named in pyproject.toml; what is needed only here would stand in this file."""
