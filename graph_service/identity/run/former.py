"""Ids that were there before a run: one merged away points to its survivor, one split names where its rows went."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graph_service.graph import keys
from graph_service.graph.store import Row, Store
from graph_service.identity.run.inherit import Inheritance

ASKED_AT_ONCE = 5_000
THAT_NAME = {"person": "identity.persons_that_name", "household": "identity.households_that_name"}


@dataclass(frozen=True, slots=True)
class Former:
    """What becomes of the persons, or households, that were there: `named` are the further ids each names till now."""

    noun: str
    inheritance: Inheritance
    named: Mapping[str, Sequence[str]]

    @classmethod
    async def of(cls, store: Store, tenant: str, noun: str, inheritance: Inheritance) -> "Former":
        """Ask the graph whom those name that are merged into, split, or lose rows."""
        owns = sorted({*inheritance.also, *inheritance.alias_of.values()})
        named: dict[str, Sequence[str]] = {}
        for start in range(0, len(owns), ASKED_AT_ONCE):
            some = {f"{noun}s": owns[start : start + ASKED_AT_ONCE]}
            for row in await store.read(tenant, THAT_NAME[noun], **some):
                named[row["own"]] = row["also"]
        return cls(noun, inheritance, named)

    def rows(self, now: str) -> list[Row]:
        """What is to be written of them, as rows of `identity.write_persons` and its kin."""
        emptied = {"persons": 0} if self.noun == "household" else {"records": 0, "household_id": None}
        said: list[tuple[str, Row]] = [
            (own, {"alias_of": survivor, **emptied}) for own, survivor in self.inheritance.alias_of.items()
        ]
        said += [(own, {"also": others or None}) for own, others in self._naming().items()]
        return [{self.noun: own, f"{self.noun}_id": own, "created_at": now, "content": row} for own, row in said]

    def _naming(self) -> dict[str, list[str]]:
        """Whom each names from now on, where it is somebody else."""
        before = {own: self.named.get(own, ()) for own in sorted({*self.named, *self.inheritance.also})}
        said = {own: sorted(others) for own, others in self.inheritance.naming(before).items()}
        return {own: others for own, others in said.items() if others != list(before[own])}


def changes_of(noun: str, inheritance: Inheritance, *, run: str, now: str) -> list[Row]:
    """A Change for every id that is merged into, split, or loses rows, as rows of `identity.record_changes`."""
    ids = set(inheritance.ids)
    merged: dict[str, list[str]] = {}
    for name, survivor in inheritance.alias_of.items():
        merged.setdefault(survivor, []).append(name)
    happened = [(f"{noun}_merged", survivor, sorted(names)) for survivor, names in sorted(merged.items())]
    happened += [
        (f"{noun}_{'split' if name in ids else 'moved'}", name, others)
        for name, others in sorted(inheritance.also.items())
    ]
    rows = []
    for kind, subject, others in happened:
        change = keys.mint()
        content = {"change_id": change, "kind": kind, "subject": subject, "others": others,
                   "run_id": run, "changed_at": now}  # fmt: skip
        rows.append({"change": change, "content": content})
    return rows
