"""What is around a household, step by step: nodes and edges for drawing, as one caller may see them."""

from dataclasses import dataclass, field
from typing import Any

from graph_service import moments
from graph_service.graph import keys
from graph_service.graph.store import Row
from graph_service.identity import schemas as say
from graph_service.identity.view import View, living

TWO_STEPS, STEP = "identity.two_steps_around", "identity.edges_around"
PARAM_OF = {
    "Household": "households",
    "Person": "persons",
    "Record": "records",
    "Identifier": "identifiers",
    "Property": "properties",
}

ENDS = {
    "MEMBER_OF": ("Person", "Household"),
    "LIVES_AT": ("Household", "Property"),
    "DESCRIBES": ("Record", "Person"),
    "IDENTIFIES": ("Identifier", "Person"),
    "HAS": ("Record", "Identifier"),
    "MATCHES": ("Record", "Record"),
    "LOCATES": ("Identifier", "Property"),
}
EDGE = ("edge", "start", "finish", "outward", "label", "told", "weight", "since", "until")
Place = tuple[str, str]
"""Label and key: two nodes of different labels may have the same key."""


async def household_graph(view: View, household_id: str, *, hops: int, limit: int) -> say.HouseholdGraph:
    """What is within so many steps of a household, by at most `limit` edges? Raises NotFound, Gone.

    Every edge of a node that is less than `hops` steps away is walked. Where the limit cuts, the nearest edges stay.
    The first two steps are one question.
    """
    own, asked = household_id, {"limit": limit + 1}
    around = await view.store.read_one(view.tenant, TWO_STEPS, household=own, **asked)
    if around is None or around["alias_of"] is not None:  # unknown, erased, merged, or without an edge
        row = await living(view, "household", household_id, as_of=moments.now()[:10])
        if row["household_id"] != own:
            own = row["household_id"]
            around = await view.store.read_one(view.tenant, TWO_STEPS, household=own, **asked)
        around = around or {**row, "edges": []}
    drawing = _Drawing(view)
    root = keys.compose(view.tenant, own)
    drawing.queries.append(view.query(TWO_STEPS, household=root, **asked))
    drawing.place(("Household", root), 0, [around["kind"], around["persons"]])
    near: list[list[Row]] = [[], []]
    for distance, *edge in around["edges"]:
        near[distance - 1].append(dict(zip(EDGE, edge, strict=True)))
    ahead: Ahead = {}
    for step in range(1, hops + 1):
        found = near[step - 1] if step <= len(near) else await drawing.stepped(ahead, limit + 1 + len(drawing.edges))
        ahead = drawing.taken(found, step, limit)
        if drawing.cut or not ahead:
            break
    return say.HouseholdGraph(
        household_id=own,
        requested_id=household_id,
        nodes=list(drawing.nodes.values()),
        edges=list(drawing.edges.values()),
        truncated=drawing.cut,
        queries=drawing.queries,
    )


Ahead = dict[str, list[tuple[str, ...]]]
"""Label -> own ids of the nodes to step from next."""


@dataclass
class _Drawing:
    """What has been found so far: nodes by key, edges by their kind and ends."""

    view: View
    nodes: dict[Place, say.Node] = field(default_factory=dict)
    edges: dict[tuple[str, str, str, str | None], say.Edge] = field(default_factory=dict)
    queries: list[say.QueryUsed] = field(default_factory=list)
    cut: bool = False

    async def stepped(self, ahead: Ahead, limit: int) -> list[Row]:
        """The edges of these nodes."""
        view = self.view
        asked = {param: ahead.get(label, []) for label, param in PARAM_OF.items()}
        shown = {
            PARAM_OF[label]: [keys.compose(view.tenant, self._seen(label, own)) for own in ahead.get(label, [])]
            for label in PARAM_OF
        }
        self.queries.append(view.query(STEP, **shown, limit=limit))
        told = await view.store.read(view.tenant, STEP, **asked, limit=limit)
        return [dict(zip(EDGE, edge, strict=True)) for edge in told[0]["edges"]]

    def taken(self, found: list[Row], step: int, limit: int) -> Ahead:
        """Keep these edges as far as the limit goes; answers the nodes that are new."""
        ahead: Ahead = {}
        for row in found:
            edge = (row["edge"], row["start"], row["finish"], row["since"])
            if edge in self.edges:
                continue
            if len(self.edges) >= limit:
                self.cut = True
                break
            first, last = ENDS[row["edge"]]
            start, finish = (first, row["start"]), (last, row["finish"])
            other = finish if row["outward"] else start
            if other not in self.nodes:
                self.place(other, step, row["told"])
                ahead.setdefault(other[0], []).append(tuple(keys.parts(other[1])[1:]))
            self.edges[edge] = say.Edge(
                kind=row["edge"],
                start=self.nodes[start].id,
                finish=self.nodes[finish].id,
                weight=row["weight"],
                since=row["since"],
                until=row["until"],
            )
        return ahead

    def place(self, where: Place, hops: int, told: list[Any]) -> None:
        """Put a node in."""
        label, key = where
        own = self._seen(label, tuple(keys.parts(key)[1:]))
        kind = own[0] if label == "Identifier" else told[0] if label == "Household" else None
        name = own[-1] if label == "Identifier" else "/".join(own)
        node = say.Node(
            id=len(self.nodes), label=label, own_id=name, hops=hops, kind=kind, shown=self._says(label, told)
        )
        self.nodes[where] = node

    def _seen(self, label: str, own: tuple[str, ...]) -> tuple[str, ...]:
        """An own id as the caller may see it."""
        if label == "Identifier":
            return (*own[:2], self.view.shown(own[0], own[2]))
        return tuple(self.view.shown("property_id", part) for part in own) if label == "Property" else own

    def _says(self, label: str, told: list[Any]) -> str:
        """What to write beside a node."""
        if label == "Person":
            return " ".join(self.view.shown("name", name) for name in told[:2] if name)
        if label == "Property":
            street = self.view.shown("address", told[0]) if told[0] else None
            return " ".join(part for part in (street, *told[1:]) if part)
        if label == "Household":
            return str(told[0] or "")
        return str((told or [None])[0] or "")
