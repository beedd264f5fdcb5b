"""Replay df's recorded output: `df -P -k [PATH]` and `df -P -i [PATH]`."""

import sys
from pathlib import Path


def mount_of(lines: list[str], path: str) -> str:
    """Choose the line of the file system that holds the path."""
    holds = [line for line in lines if f"{path}/".startswith(line.split()[-1].rstrip("/") + "/")]
    return max(holds, key=lambda line: len(line.split()[-1]))


def main(root: str, *arguments: str) -> int:
    flags = {letter for argument in arguments if argument.startswith("-") for letter in argument[1:]}
    paths = [argument for argument in arguments if not argument.startswith("-")]
    if "P" not in flags or len(flags & {"k", "i"}) != 1 or flags - {"P", "k", "i"}:
        sys.stderr.write("df: this stand-in knows only -P -k and -P -i\n")
        return 1
    name = "df-k.txt" if "k" in flags else "df-i.txt"
    header, *lines = (Path(root) / "machine" / name).read_text().splitlines()
    chosen = [mount_of(lines, path) for path in paths] if paths else lines
    sys.stdout.write("\n".join([header, *chosen]) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
