"""What people write down: that something was done which no program can see, and which incidents there were."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo

from rounds.targets.target import Target


def _beside_the_inventory(path: str, info: ValidationInfo) -> str:
    folder = (info.context or {}).get("folder", "")
    return str(Path(folder) / path)


KeptPath = Annotated[
    str, AfterValidator(_beside_the_inventory), Field(min_length=1, description="relative to the inventory's folder")
]
"""A path that may lie in the team's repository: relative to the inventory's folder, or absolute."""


class Attestations(Target):
    """A file to which `rounds attest` adds a line whenever a person says that something was done."""

    kind: Literal["attestations"] = "attestations"
    path: KeptPath

    @property
    def place(self) -> str:
        return f"{self.name} ({self.path})"


class Incidents(Target):
    """A file with one incident a line, as JSON, or as CSV with a heading (by its name); and the post-mortems of them.

    Two lines of one incident are taken together: its closing may be a line of its own. Times are ISO 8601 or Unix
    times; those without a zone are in UTC. An incident that has no time of closing is open.
    """

    kind: Literal["incidents"] = "incidents"
    path: KeptPath
    id: Annotated[str, Field(description="dotted path, or column, of what an incident is called")] = "id"
    closed: Annotated[str, Field(description="dotted path, or column, of when it was closed")] = "closed"
    post_mortems: Annotated[KeptPath, Field(description="the folder with the documents")]
    documents: Annotated[str, Field(description="glob below that folder; a name holds its incident's id")] = "**/*.md"
    template: Annotated[KeptPath | None, Field(description="what a document is begun from: its words do not count")] = (
        None
    )

    @property
    def place(self) -> str:
        return f"{self.name} ({self.path})"
