"""Processes run, as many as should."""

from rounds.checks.processes import OfProcesses, chosen, is_unsure
from rounds.fixtures.host import Machine
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most


class ProcessCount(OfProcesses):
    """How many processes of a kind have to run, and how many may. Zombies do not run."""

    running: Limit = at_least(1)
    most: Limit = at_most(1000)


def test_process_count(expected: ProcessCount, machine: Machine, observe: Observer) -> None:
    """As many processes run as should.

    Remedy: too few: `systemctl status UNIT` or the supervisor's log tells why one ended, then start it. Too many: see
    who started the others (`ps -eo pid,ppid,lstart,args`), and end those that were left over.
    """
    found, why = chosen(expected, machine)
    if is_unsure(expected, machine):
        observe.unknown("processes", why)
        return
    running = len([each for each in found if not each.is_zombie])
    observe("processes", running, expected.running, note="" if found else why)
    observe("processes at most", running, expected.most)
