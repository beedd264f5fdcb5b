"""Become another program that dies together with the process that started us.

A small program of its own and not a preexec_fn: the estate has threads, and code after a fork must not meet them.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main(parent: int, death_signal: int, uid: int, gid: int, command: list[str]) -> None:
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal)  # after setuid, which would clear it
    if os.getppid() != parent:  # the parent ended before it could be tied to us
        sys.exit(1)
    os.execv(command[0], command)  # noqa: S606 - becoming it is the point


if __name__ == "__main__":
    parent, death_signal, uid, gid = map(int, sys.argv[1:5])
    main(parent, death_signal, uid, gid, sys.argv[5:])
