"""Alerting: from the outcomes of rounds to flips, from flips to alerts, and to whoever sends them."""
