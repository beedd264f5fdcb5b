"""What BigShot's users do over HTTP: log in, look at domains, start a job and see it finished, log out."""

import hmac
import json
import logging
import re
import secrets
from collections.abc import Callable
from typing import Any

import psycopg
import redis
from kombu.exceptions import OperationalError

from .bigshot_app import app
from .components import Database

Reply = tuple[int, Any]
LOG_IN = b"""
WITH known AS (UPDATE users SET last_login = now() WHERE username = %(user)s AND is_active AND %(right)s RETURNING id),
    noted AS (INSERT INTO login_attempts (username, login_time, ip_address, success)
              SELECT %(user)s, now(), %(address)s::inet, EXISTS (SELECT FROM known))
SELECT id FROM known
"""
DOMAINS = b"SELECT id, name, status FROM domains ORDER BY id LIMIT 20"
NEW_JOB = b"INSERT INTO jobs (job_type, status, created_at) VALUES (%(type)s, 'pending', now()) RETURNING id"
JOB = b"SELECT status FROM jobs WHERE id = %(id)s"
AT_ONCE = {"max_retries": 1, "interval_start": 0}  # or nobody is told of a dead broker for 6 s
UNAUTHORIZED = 401, {"error": "unauthorized", "message": "log in first"}
log = logging.getLogger("bigshot.auth")


class Users:
    """The sessions of those who are logged in, and what they may ask for."""

    def __init__(self, database: Database, account: tuple[str, str]) -> None:
        self.database = database
        self.account = account
        self.sessions: set[str] = set()

    def reply(self, route: str, authorization: str, sent: bytes, address: str) -> Reply | None:
        """Answer `METHOD /path`; None stands for a route that is not known here."""
        try:
            return self._reply(route, authorization.removeprefix("Bearer "), sent, address)
        except (psycopg.OperationalError, redis.RedisError, OperationalError):
            return 503, {"error": "unavailable", "message": "a part that is needed does not answer"}

    def _reply(self, route: str, token: str, sent: bytes, address: str) -> Reply | None:
        if route == "POST /api/v1/auth/login":
            return self.log_in(_fields(sent), address)
        job = re.fullmatch(r"GET /api/v1/jobs/(\d{1,9})", route)
        known: dict[str, Callable[[], Reply]] = {
            "POST /api/v1/auth/logout": lambda: self.log_out(token),
            "GET /api/v1/domains": self.domains,
            "POST /api/v1/jobs": lambda: self.start(_fields(sent)),
        }
        if job is None and route not in known:
            return None
        if token not in self.sessions:
            return UNAUTHORIZED
        return self.job(int(job[1])) if job else known[route]()

    def log_in(self, fields: dict[str, Any], address: str) -> Reply:
        user, password = (str(fields.get(name, "")) for name in ("username", "password"))
        right = user == self.account[0] and hmac.compare_digest(password.encode(), self.account[1].encode())
        if not self.database.query(LOG_IN, user=user, right=right, address=address):
            log.warning("failed login of %s from %s", re.sub(r"\W", "?", user)[:40], address)
            return 401, {"error": "unauthorized", "message": "user or password is wrong"}
        token = secrets.token_hex(16)
        self.sessions.add(token)
        return 200, {"access_token": token, "token_type": "Bearer"}

    def log_out(self, token: str) -> Reply:
        self.sessions.discard(token)
        return 200, {"message": "logged out"}

    def domains(self) -> Reply:
        rows = self.database.query(DOMAINS)
        return 200, {"domains": [dict(zip(("id", "name", "status"), row, strict=True)) for row in rows]}

    def start(self, fields: dict[str, Any]) -> Reply:
        """Note a job and give it to the workers: over a connection of its own, as Celery's pool may know a dead one."""
        if fields.get("job_type") != "noop":
            return 422, {"error": "unprocessable", "message": "job_type is noop"}
        number = self.database.query(NEW_JOB, type="noop")[0][0]
        with app.connection_for_write(transport_options=AT_ONCE) as connection:
            app.send_task("bigshot.noop", (number,), connection=connection, retry=False)
        return 202, {"id": number, "status": "pending"}

    def job(self, number: int) -> Reply:
        rows = self.database.query(JOB, id=number)
        return (200, {"id": number, "status": rows[0][0]}) if rows else (404, {"error": "not found"})


def _fields(sent: bytes) -> dict[str, Any]:
    try:
        found = json.loads(sent)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
