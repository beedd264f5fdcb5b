"""Exports in the three formats; the one that counts has its monthly archive and its copy in the bucket."""

import csv
import datetime as dt
import json
import sqlite3
import zipfile
from contextlib import closing
from html import escape
from pathlib import Path

from .. import dumps
from ..bucket import BucketServer

EXPORT = "important_export.xlsx"
BUCKET = "perera-offsite"
KEY = f"exports/{EXPORT}"
COLUMNS = ("name", "source", "created_at")
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PARTS = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
    f'<Override PartName="/xl/sheet1.xml" ContentType="{_TYPES}.worksheet+xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="r1" Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="r1" Type="{_RELATIONS}/worksheet" Target="sheet1.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}">'
    '<sheets><sheet name="Leads" sheetId="1" r:id="r1"/></sheets></workbook>',
}


def make(home: Path) -> None:
    """The export that counts is five hours old and was archived then; last month's has fewer leads.

    Those of the night are three hours old, one in each format.
    """
    now = dt.datetime.now(dt.UTC)
    this_month = dt.datetime.now().astimezone().replace(day=1)  # the archive is named by the machine's clock
    last_month = this_month - dt.timedelta(days=1)
    export = home / "exports" / EXPORT
    export.parent.mkdir()
    for leads, path, made in (
        (200, export, now - dt.timedelta(hours=5)),
        (200, _archived(home, this_month), now - dt.timedelta(hours=4)),
        (180, _archived(home, last_month), last_month.replace(hour=9)),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_xlsx(path, _leads(home / "data" / "leads.db", leads))
        dumps.stamp(path, made)
    night = now - dt.timedelta(hours=3)
    for kind, write in {"csv": write_csv, "json": write_json, "xlsx": write_xlsx}.items():
        path = export.with_name(f"leads_{night:%Y%m%d}.{kind}")
        write(path, _leads(home / "data" / "leads.db", 60))
        dumps.stamp(path, night)


def upload(home: Path, bucket: BucketServer) -> None:
    """An hour after it was written, the export is in the bucket as well."""
    export = home / "exports" / EXPORT
    bucket.put(BUCKET, KEY, export, modified=export.stat().st_mtime + 3600)


def nightly(home: Path, kind: str) -> Path:
    """The newest export of a format."""
    return max((home / "exports").glob(f"*.{kind}"), key=lambda path: path.stat().st_mtime)


def archives(home: Path) -> list[Path]:
    """What was archived, month by month."""
    return sorted((home / "archives" / "exports").glob("*/*"))


def _archived(home: Path, month: dt.datetime) -> Path:
    return home / "archives" / "exports" / f"{month:%Y%m}" / EXPORT


def _leads(database: Path, count: int) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(database)) as leads:
        return [COLUMNS, *leads.execute("SELECT name, source, created_at FROM leads ORDER BY id LIMIT ?", [count])]


def write_csv(path: Path, rows: list[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def write_json(path: Path, rows: list[tuple[str, ...]]) -> None:
    path.write_text(json.dumps([dict(zip(rows[0], row, strict=True)) for row in rows[1:]], indent=1))


def write_xlsx(path: Path, rows: list[tuple[str, ...]]) -> None:
    cells = ("".join(f'<c t="inlineStr"><is><t>{escape(cell)}</t></is></c>' for cell in row) for row in rows)
    lines = "".join(f"<row>{row}</row>" for row in cells)
    sheet = f'<worksheet xmlns="{_MAIN}"><sheetData>{lines}</sheetData></worksheet>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, text in {**_PARTS, "xl/sheet1.xml": sheet}.items():
            member = zipfile.ZipInfo(name)  # without the time, so that equal exports are equal files
            member.compress_type = zipfile.ZIP_DEFLATED
            book.writestr(member, f'<?xml version="1.0" encoding="UTF-8"?>{text}')
