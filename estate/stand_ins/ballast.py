"""Memory that a process really holds as the system counts, while the machine pays for 16 MiB only."""

import mmap
import os
import subprocess
import sys
import time

BLOCK_MIB = 16


class Ballast:
    """The same few pages mapped many times: each mapping counts as resident memory."""

    def __init__(self) -> None:
        self.blocks: list[mmap.mmap] = []
        self.memory = -1

    def hold(self, mib: int) -> None:
        wanted = mib // BLOCK_MIB
        if self.memory < 0 < wanted:
            self.memory = os.memfd_create("ballast")
            os.ftruncate(self.memory, BLOCK_MIB * 1024**2)
        while len(self.blocks) < wanted:
            populate = mmap.MAP_SHARED | mmap.MAP_POPULATE
            self.blocks.append(mmap.mmap(self.memory, BLOCK_MIB * 1024**2, populate))
        while len(self.blocks) > wanted:
            self.blocks.pop().close()


class Hog:
    """A second process that holds memory, beside the one that serves."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.mib = 0

    def hold(self, mib: int) -> None:
        if mib == self.mib:
            return
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None
        if mib:
            self.process = subprocess.Popen([sys.executable, "-I", "-S", __file__, str(mib), str(os.getpid())])
        self.mib = mib


def main(mib: int, parent: int) -> None:
    ballast = Ballast()
    ballast.hold(mib)
    while os.getppid() == parent:  # nobody else would end it after a crash
        time.sleep(0.2)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
