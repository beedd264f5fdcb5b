"""Answer as kubectl (1.32) does, from lists in a folder: `get KIND,KIND,… -o json` in a namespace, and its refusals.

The folder holds `deployments.json`, `statefulsets.json`, `replicasets.json`, `pods.json` and `networkpolicies.json`,
each a list as kubectl prints it; a kind without a file has no items. `refusal.txt` makes every question fail with its
words, `forbidden.txt` names the kinds that may not be listed, `contexts.txt` the contexts there are.
"""

import json
import sys
from pathlib import Path

NO_SERVER = "The connection to the server localhost:8080 was refused - did you specify the right host or port?"


def words(folder: Path, name: str) -> list[str]:
    try:
        return (folder / name).read_text().split()
    except OSError:
        return []


def parsed(arguments: list[str]) -> tuple[dict[str, str], list[str]]:
    """Options with their values, and what is none."""
    options: dict[str, str] = {}
    rest: list[str] = []
    waiting = iter(arguments)
    for each in waiting:
        if each.startswith("-"):
            name, is_joined, value = each.partition("=")
            options[name.lstrip("-")] = value if is_joined else next(waiting, "")
        else:
            rest.append(each)
    return options, rest


def listed(folder: Path, kind: str, namespace: str) -> list[dict[str, object]]:
    path = folder / f"{kind.partition('.')[0]}.json"
    items = json.loads(path.read_text())["items"] if path.exists() else []
    return [item for item in items if item["metadata"]["namespace"] == namespace]


def forbidden(kind: str, namespace: str) -> str:
    group = kind.partition(".")[2]
    what = f'cannot list resource "{kind.partition(".")[0]}" in API group "{group}" in the namespace "{namespace}"'
    return f'Error from server (Forbidden): {kind} is forbidden: User "rounds" {what}\n'


def main(place: str, *arguments: str) -> int:
    folder = Path(place)
    options, rest = parsed(list(arguments))
    if (folder / "refusal.txt").exists():
        sys.stderr.write((folder / "refusal.txt").read_text())
        return 1
    if not (folder / "pods.json").exists():
        sys.stderr.write(f"{NO_SERVER}\n")
        return 1
    if options.get("context") and options["context"] not in words(folder, "contexts.txt"):
        sys.stderr.write(f'context "{options["context"]}" does not exist\n')
        return 1
    if len(rest) != 2 or rest[0] != "get" or options.get("o") != "json":
        sys.stderr.write(
            f"error: this stand-in knows only: get KINDS -n NAMESPACE -o json, not {' '.join(arguments)}\n"
        )
        return 1
    namespace, kinds = options.get("n", "default"), rest[1].split(",")
    refused = [kind for kind in kinds if kind in words(folder, "forbidden.txt")]
    items = [item for kind in kinds if kind not in refused for item in listed(folder, kind, namespace)]
    answer = {"apiVersion": "v1", "items": items, "kind": "List", "metadata": {"resourceVersion": ""}}
    sys.stdout.write(json.dumps(answer, indent=4) + "\n")
    sys.stderr.write("".join(forbidden(kind, namespace) for kind in refused))
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
