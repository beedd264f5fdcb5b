"""The tables of the history, as the statements that made each version from the one before. What stands here stays."""

_FIRST = (
    (
        "CREATE TABLE IF NOT EXISTS outcomes (expectation TEXT NOT NULL, at REAL NOT NULL, outcome TEXT NOT NULL,"
        " since TEXT NOT NULL, round TEXT NOT NULL, PRIMARY KEY (expectation, at)) WITHOUT ROWID"
    ),
    (
        "CREATE TABLE IF NOT EXISTS figures (expectation TEXT NOT NULL, name TEXT NOT NULL, at REAL NOT NULL,"
        " value REAL NOT NULL, PRIMARY KEY (expectation, name, at)) WITHOUT ROWID"
    ),
)
_TELLING = (
    "CREATE TABLE states (expectation TEXT PRIMARY KEY, system TEXT NOT NULL, state TEXT NOT NULL)",
    (
        "CREATE TABLE flips (id TEXT PRIMARY KEY, expectation TEXT NOT NULL, at REAL NOT NULL, kind TEXT NOT NULL,"
        " before TEXT NOT NULL, after TEXT NOT NULL, since REAL NOT NULL, round TEXT NOT NULL, alert TEXT)"
    ),
    "CREATE INDEX flips_of_expectation ON flips (expectation, at)",
    "CREATE TABLE alerts (id TEXT PRIMARY KEY, key TEXT NOT NULL, made_at REAL NOT NULL, alert TEXT NOT NULL)",
    (
        "CREATE TABLE deliveries (alert TEXT NOT NULL, channel TEXT NOT NULL, status TEXT NOT NULL,"
        " tries INTEGER NOT NULL, next_at REAL NOT NULL, said TEXT NOT NULL, PRIMARY KEY (alert, channel))"
    ),
    (
        "CREATE TABLE windows (id TEXT PRIMARY KEY, system TEXT NOT NULL, opened_at REAL NOT NULL,"
        " ends_at REAL NOT NULL, opened_by TEXT NOT NULL, reason TEXT NOT NULL, closed_at REAL)"
    ),
    "CREATE TABLE pruned (at REAL NOT NULL)",
)
_LIMITS = (
    (
        "CREATE TABLE limits (expectation TEXT NOT NULL, name TEXT NOT NULL, unit TEXT NOT NULL, allowed TEXT NOT NULL,"
        " bounds TEXT NOT NULL, PRIMARY KEY (expectation, name))"
    ),
)
MIGRATIONS = (_FIRST, _TELLING, _LIMITS)

FORGET_TOLD = (
    "DELETE FROM flips WHERE at < ?",
    "DELETE FROM deliveries WHERE status <> 'waiting' AND alert IN (SELECT id FROM alerts WHERE made_at < ?)",
    "DELETE FROM alerts WHERE made_at < ? AND id NOT IN (SELECT alert FROM deliveries)",
)
"""What was told before a time; what still waits for a channel stays."""
