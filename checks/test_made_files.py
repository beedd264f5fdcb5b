"""What a job writes into a folder is new, has content, and can be read back."""

from typing import Annotated

from pydantic import Field

from rounds.checks.answers import observe_age
from rounds.expectation import Expectation
from rounds.fixtures.made_files import FileContent, Format, MadeFiles
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most
from rounds.quantities import Duration
from rounds.targets import Folder

Glob = Annotated[str, Field(description="glob below the folder; ** goes through folders, * does not")]


class FilesFresh(Expectation):
    """How old the newest file with content may be."""

    folder: Folder
    files: Glob = "**/*"
    age: Limit = at_most(86_400, unit="s")


def test_files_fresh(expected: FilesFresh, made_files: MadeFiles, observe: Observer) -> None:
    """A new file was made in time.

    Remedy: run by hand, as its own user, the job that writes the files, and read what it says; then see why it did not
    run, or did not end: the timer, the disk, the rights of the folder.
    """
    filled = [each for each in made_files.files if each.size_bytes]
    if not filled:
        observe.critical("newest file", f"{made_files.folder} holds no file with content", "missing")
        return
    observe_age(observe, "age of the newest file", filled[0].age_seconds, expected.age, filled[0].name)


class FilesFilled(Expectation):
    """How many of the files written within a while may be empty, and how many there must be."""

    folder: Folder
    files: Glob = "**/*"
    within: Duration = 86_400.0
    empty: Limit = at_most(0)
    made: Annotated[Limit, Field(description="how many files must have been written within that while")] = at_least(1)


def test_files_filled(expected: FilesFilled, made_files: MadeFiles, observe: Observer) -> None:
    """No file that was written lately is empty.

    Remedy: a job that opens its file first and fails then leaves it empty: read its output. See that the disk has
    space, make the file again, and remove the empty one if others read it.
    """
    young = [each for each in made_files.files if each.age_seconds <= expected.within]
    newest = f"the newest is {made_files.files[0].name}" if made_files.files else f"no file in {made_files.folder}"
    observe("files written", len(young), expected.made, note=newest)
    empty = [each.name for each in young if not each.size_bytes]
    observe("empty files", len(empty), expected.empty, note=", ".join(empty[:5]))


class FilesReadable(Expectation):
    """How many rows the newest file of each format must hold. A file that is still being written is not the newest."""

    folder: Folder
    files: Glob = "**/*"
    formats: Annotated[tuple[Format, ...], Field(min_length=1, description="of csv, json, xlsx: there is one of each")]
    rows: Annotated[Limit, Field(description="rows below the header, entries of a list in JSON")] = at_least(1)
    settled: Annotated[Duration, Field(ge=0, description="what was written to since may be unfinished")] = 60.0


def test_files_readable(expected: FilesReadable, made_contents: tuple[FileContent, ...], observe: Observer) -> None:
    """The newest file of each format can be read to its end, and holds rows: a size says nothing of that.

    Remedy: make the file again under another name and open it. If that one is good, the job was stopped while it
    wrote: let it write beside the file and rename it at the end. If not, look at the data that it stumbles over.
    """
    found = {content.format: content for content in made_contents}
    for kind in expected.formats:
        content = found.get(kind)
        name = f"rows in the newest {kind}"
        if content is None:
            observe.critical(name, f"there is no .{kind} file in {expected.folder.path}", "missing")
        elif content.failure:
            observe.critical(name, f"{content.name}: {content.failure}", "unreadable")
        else:
            observe(name, content.rows, expected.rows, note=content.name)
