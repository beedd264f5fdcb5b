"""OpenAPI documents: what is wrong with one, and the operations that it lists."""

from collections.abc import Iterator
from typing import Any

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def operations_of(document: dict[str, Any]) -> list[str]:
    """`GET /v1/events` for each operation, below the base path where the document has one for all paths."""
    paths = document.get("paths")
    base = _base(document)
    return [
        f"{method.upper()} {base}{path}"
        for path, item in (paths if isinstance(paths, dict) else {}).items()
        if isinstance(item, dict)
        for method in METHODS
        if isinstance(item.get(method), dict)
    ]


def _base(document: dict[str, Any]) -> str:
    """Swagger's basePath, or the path of OpenAPI's only server."""
    base = document.get("basePath", "")
    servers = document.get("servers")
    if isinstance(servers, list) and len(servers) == 1 and isinstance(servers[0], dict):
        url = str(servers[0].get("url", ""))
        rest = url.partition("://")[2]
        base = "/" + rest.partition("/")[2] if rest else url
    return str(base).rstrip("/")


def faults_of(document: object) -> list[str]:
    """What makes a document no OpenAPI 3 (or Swagger 2) description, in words; empty if nothing was found.

    It looks at the structure that clients are made from: versions, paths, operations, parameters, responses, and
    references, which must lead somewhere.
    """
    if not isinstance(document, dict):
        return ["it is no JSON object"]
    return [*_of_head(document), *_of_paths(document), *_of_references(document)]


def _of_head(document: dict[str, Any]) -> Iterator[str]:
    version = str(document.get("openapi", document.get("swagger", "missing")))
    if not version.startswith("3.") and version != "2.0":
        yield f"its version is {version[:20]}"
    info = document.get("info")
    for name in ("title", "version"):
        if not isinstance(info, dict) or not isinstance(info.get(name), str):
            yield f"info.{name} is missing"


def _of_paths(document: dict[str, Any]) -> Iterator[str]:
    paths = document.get("paths")
    if not isinstance(paths, dict) or not paths:
        yield "it lists no paths"
        return
    for path, item in paths.items():
        if not path.startswith("/") and not path.startswith("x-"):
            yield f"the path {path[:80]} does not begin with /"
        for method in METHODS if isinstance(item, dict) else ():
            if method in item:
                yield from _of_operation(f"{method.upper()} {path[:80]}", path, item[method], item)


def _of_operation(name: str, path: str, operation: Any, item: dict[str, Any]) -> Iterator[str]:
    if not isinstance(operation, dict):
        yield f"{name} is no object"
        return
    if not isinstance(operation.get("responses"), dict) or not operation["responses"]:
        yield f"{name} lists no responses"
    given = [*_listed(item.get("parameters")), *_listed(operation.get("parameters"))]
    if any("$ref" in each for each in given):
        return
    in_path = {str(each.get("name")) for each in given if each.get("in") == "path"}
    missing = [word for word in _words(path) if word not in in_path]
    if missing:
        yield f"{name} does not describe {{{missing[0][:40]}}}"


def _listed(parameters: Any) -> list[dict[str, Any]]:
    return [each for each in parameters if isinstance(each, dict)] if isinstance(parameters, list) else []


def _words(path: str) -> list[str]:
    return [part.partition("}")[0] for part in path.split("{")[1:]]


def _of_references(document: dict[str, Any]) -> Iterator[str]:
    waiting: list[Any] = [document]
    told = set()
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting += part
        elif isinstance(part, dict):
            waiting += part.values()
            reference = part.get("$ref")
            is_lost = isinstance(reference, str) and reference.startswith("#/") and not _leads(reference, document)
            if is_lost and reference not in told:
                told.add(reference)
                yield f"the reference {str(reference)[:80]} leads nowhere"


def _leads(reference: str, document: Any) -> bool:
    for step in reference[2:].split("/"):
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(document, list) and key.isdecimal() and int(key) < len(document):
            document = document[int(key)]
        elif isinstance(document, dict) and key in document:
            document = document[key]
        else:
            return False
    return True
