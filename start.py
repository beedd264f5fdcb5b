#!/usr/bin/env python3
"""Sets up .venv beside this file, with nothing but Python 3.11+ and its pip, and runs Rounds in it.

python3 start.py demo     the daily round of BigShot on the embedded estate
python3 start.py test     the tests of Rounds, through tox (about 20 minutes on two cores; all: test -e nightly)
python3 start.py ...      any other command of rounds
"""

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import venv

OLDEST = (3, 11)
ROOT = pathlib.Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"


def main():
    if sys.version_info < OLDEST:
        use_a_newer_python()
    words = sys.argv[1:] or ["demo"]
    testing = words[0] == "test"
    set_up("test" if testing else "demo")
    module = ["tox", *words[1:]] if testing else ["rounds", *words]
    if testing:
        os.chdir(ROOT)
    os.execv(str(PYTHON), [str(PYTHON), "-m", *module])


def use_a_newer_python():
    for minor in range(20, OLDEST[1] - 1, -1):
        found = shutil.which("python3.%d" % minor)
        if found and subprocess.call([found, "-c", ""]) == 0:
            os.execv(found, [found, *sys.argv])
    sys.exit("Rounds needs Python 3.11 or newer; this is %s (%s)" % (sys.version.split()[0], sys.executable))


def set_up(extra):
    """Make the environment once for each pyproject.toml and Python, and add what an extra needs once."""
    wanted = hashlib.sha256((ROOT / "pyproject.toml").read_bytes() + sys.version.encode()).hexdigest()
    stamp = ENVIRONMENT / ("ready-%s-%s" % (extra, wanted))
    if stamp.exists() and PYTHON.exists():
        return
    is_made = PYTHON.exists() and any(ENVIRONMENT.glob("ready-*-%s" % wanted))
    print("Setting up %s (once, half a minute) ..." % ENVIRONMENT, flush=True)
    quietly = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    has_pip = subprocess.call([sys.executable, "-m", "pip", "--version"], **quietly) == 0
    install = [sys.executable, "-m", "pip", "--python", str(PYTHON)] if has_pip else [str(PYTHON), "-m", "pip"]
    try:
        if not is_made:
            venv.create(ENVIRONMENT, clear=True, with_pip=not has_pip, symlinks=True)
    except subprocess.CalledProcessError:
        sys.exit("This Python has neither pip nor ensurepip: install pip for it (Debian: python3-pip) and try again.")
    done = subprocess.call([*install, "install", "-q", "--disable-pip-version-check", "-e", "%s[%s]" % (ROOT, extra)])
    if done != 0:
        sys.exit("pip could not install what Rounds needs (its words are above); nothing else was changed.")
    stamp.touch()


if __name__ == "__main__":
    main()
