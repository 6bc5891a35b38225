"""One tenant's identities as one caller may see them, and which of them are alive."""

from dataclasses import dataclass
from typing import Any, TypeVar

from graph_service import moments
from graph_service.errors import Gone, NotFound, ServiceError
from graph_service.graph.store import Row, Store
from graph_service.identity import schemas as say
from graph_service.identity.finder import Finder
from graph_service.seals import sealing_secret, tombstone

LONGEST_ALIAS_CHAIN = 20
V = TypeVar("V", str, str | None)


@dataclass(frozen=True, slots=True)
class View:
    """One tenant's graph, as one caller may see it; `personal` says whether values show unmasked."""

    store: Store
    tenant: str
    personal: bool
    finder: Finder | None = None

    def query(self, name: str, **parameters: Any) -> say.QueryUsed:
        """What an answer says of the query it came from."""
        return say.QueryUsed(name=name, parameters=parameters, as_of=moments.now())

    def shown(self, kind: str, value: V) -> V:
        """A value as this caller may see it; names are of kind `name`."""
        if self.personal or not value:
            return value
        return say.shown(kind, value)


async def living(view: View, noun: str, own_id: str, **params: Any) -> Row:
    """The row of a person or household, following merges to the survivor. Raises NotFound, Gone."""
    wanted = own_id
    for _ in range(LONGEST_ALIAS_CHAIN):
        row = await view.store.read_one(view.tenant, f"identity.{noun}", **{noun: wanted}, **params)
        if row is None:
            seal = tombstone(sealing_secret(view.store.settings), view.tenant, noun, wanted)
            if await view.store.read(view.tenant, "privacy.tombstones", seals=[seal]):
                raise Gone(f"This {noun} was erased.")
            raise NotFound(f"There is no {noun} of this id.")
        if row["alias_of"] is None:
            return row
        wanted = row["alias_of"]
    raise ServiceError(f"More than {LONGEST_ALIAS_CHAIN} merges lead from this {noun} to its survivor.")
