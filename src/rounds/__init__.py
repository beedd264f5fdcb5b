"""Rounds: an operational check suite on pytest. Runbook expectations are looked at, judged, recorded and told."""

__version__ = "0.1.0"
