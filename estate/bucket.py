"""A server of an estate that speaks S3: moto's, in a process of its own, with what its API cannot be asked for.

server = BucketServer(root)
server.start()
server.await_ready()
server.make("renec-backups")
server.put("renec-backups", "backups/renec_backup_20261122_020000.sql.gz", path, modified=epoch_seconds)
"""

import contextlib
import json
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from .part import EstateError, Part, free_port, python_env
from .servers import package

PROGRAM = Path(__file__).with_name("stand_ins") / "bucket.py"
PART_BYTES = 5 << 20
"""The least that S3 takes as a part of an upload, but for the last."""


class BucketServer:
    """The server, as a part of an estate. Any keys open it; `url`, `access_key` and `secret_key` are for targets."""

    def __init__(self, root: Path, name: str = "s3") -> None:
        if package("moto") is None or package("boto3") is None:
            raise EstateError("moto or boto3 is missing: from the clone: pip install '.[demo]'")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.access_key, self.secret_key = secrets.token_hex(10).upper(), secrets.token_hex(20)
        env = python_env() | {"TMPDIR": str(root)}  # where moto keeps large objects
        self.part = Part(name, [sys.executable, str(PROGRAM), str(self.port)], root, root / f"{name}.log", env)

    def start(self) -> None:
        self.part.start()

    def await_ready(self) -> None:
        self.part.await_ready(self.is_healthy)

    def stop(self) -> None:
        self.part.stop(2)

    def is_healthy(self) -> bool:
        """Whether it answers at all, be it with a refusal."""
        try:
            urlopen(self.url, timeout=2).close()  # noqa: S310 - our own service on 127.0.0.1
        except HTTPError:
            return True
        except (URLError, OSError):
            return False
        return True

    @cached_property
    def client(self) -> Any:
        """A boto3 client for this server."""
        from boto3.session import Session  # noqa: PLC0415 - only estates with buckets pay for it
        from botocore.config import Config  # noqa: PLC0415 - the same

        keys = {"aws_access_key_id": self.access_key, "aws_secret_access_key": self.secret_key}
        patient = Config(s3={"addressing_style": "path"}, connect_timeout=2, read_timeout=10)
        return Session(region_name="us-east-1", **keys).client("s3", endpoint_url=self.url, config=patient)

    def make(self, bucket: str) -> None:
        self.client.create_bucket(Bucket=bucket)

    def names(self, bucket: str, prefix: str = "") -> list[str]:
        """The keys below a prefix (a thousand at most), in order."""
        return [each["Key"] for each in self.client.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])]

    def put(self, bucket: str, key: str, content: Path | bytes, modified: float | None = None) -> None:
        """Upload in one piece; `modified` is LastModified in epoch seconds, that of the file where it is left out."""
        data = content.read_bytes() if isinstance(content, Path) else content
        self.client.put_object(Bucket=bucket, Key=key, Body=data)
        if modified is None and isinstance(content, Path):
            modified = content.stat().st_mtime
        if modified is not None:
            self.date(bucket, key, modified)

    def put_in_parts(
        self, bucket: str, key: str, data: bytes, part_bytes: int = PART_BYTES, *, finish: bool = True
    ) -> None:
        """Upload in parts, which gives another kind of ETag; without `finish` it stays as a broken upload leaves it."""
        upload = self.client.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
        place = {"Bucket": bucket, "Key": key, "UploadId": upload}
        parts = []
        for at, begin in enumerate(range(0, len(data), part_bytes), 1):
            answer = self.client.upload_part(**place, PartNumber=at, Body=data[begin : begin + part_bytes])
            parts.append({"PartNumber": at, "ETag": answer["ETag"]})
        if finish:
            self.client.complete_multipart_upload(**place, MultipartUpload={"Parts": parts})

    def abort(self, bucket: str) -> None:
        """Abort every upload that was not finished."""
        for each in self.client.list_multipart_uploads(Bucket=bucket).get("Uploads", []):
            self.client.abort_multipart_upload(Bucket=bucket, Key=each["Key"], UploadId=each["UploadId"])

    def date(self, bucket: str, key: str, modified: float) -> None:
        """Say when an object was written last, in epoch seconds: S3 itself lets nobody."""
        self._order(bucket=bucket, key=key, modified=modified)

    def modified(self, bucket: str, key: str) -> float:
        """When an object was written last, in epoch seconds."""
        return float(self.client.head_object(Bucket=bucket, Key=key)["LastModified"].timestamp())

    def copy(self, bucket: str, key: str, to: str) -> None:
        self.client.copy_object(Bucket=bucket, Key=to, CopySource={"Bucket": bucket, "Key": key})

    def delete(self, bucket: str, key: str) -> None:
        self.client.delete_object(Bucket=bucket, Key=key)

    @contextmanager
    def without(self, bucket: str, key: str) -> Iterator[None]:
        """An object that is gone, as if its upload had failed; afterwards it is back with its date."""
        kept, modified = self.client.get_object(Bucket=bucket, Key=key)["Body"].read(), self.modified(bucket, key)
        self.delete(bucket, key)
        try:
            yield
        finally:
            self.put(bucket, key, kept, modified)

    @contextmanager
    def holding(self, bucket: str, key: str, data: bytes, modified: float | None = None) -> Iterator[None]:
        """An object with other bytes (its date stays, if none is given); afterwards it is as it was, or gone again."""
        was: tuple[bytes, float] | None = None
        with contextlib.suppress(self.client.exceptions.NoSuchKey):
            was = self.client.get_object(Bucket=bucket, Key=key)["Body"].read(), self.modified(bucket, key)
        self.put(bucket, key, data, modified if modified is not None else was[1] if was else None)
        try:
            yield
        finally:
            if was:
                self.put(bucket, key, *was)
            else:
                self.delete(bucket, key)

    @contextmanager
    def dated(self, bucket: str, key: str, modified: float) -> Iterator[None]:
        """An object that says it was written at another moment."""
        was = self.modified(bucket, key)
        self.date(bucket, key, modified)
        try:
            yield
        finally:
            self.date(bucket, key, was)

    @contextmanager
    def denied(self) -> Iterator[None]:
        """Let nobody in: each request is answered by AccessDenied."""
        self._order(denied=True)
        try:
            yield
        finally:
            self._order(denied=False)

    def _order(self, **order: Any) -> None:
        request = Request(f"{self.url}/estate/orders", json.dumps(order).encode())  # noqa: S310 - our own service
        urlopen(request, timeout=5).close()  # noqa: S310 - our own service on 127.0.0.1
