"""For which buildings addresses and register numbers stand, where rows arrived that carry them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graph_service.graph.store import Row, Work
from graph_service.identity.live import derived
from graph_service.identity.live.surroundings import Known, Own
from graph_service.identity.live.turns import Standing


async def write_places(work: Work, rows: Sequence[Known], held: Standing) -> dict[str, str]:
    """Which buildings do these rows' addresses and register numbers stand for? Makes those that are new.

    A home is known by the register's number where any row of its address carries one, else by the address itself.
    Answers the building of every address that was asked for or arrived.
    """
    known = {value: home for kind, _, value, home in held.edges["places"] if kind == "address"}
    places = _places(rows, held.edges["numbers"])
    if not places:
        return known
    before = {((kind, scope, value), home) for kind, scope, value, home in held.edges["places"]}
    before = {(own, home) for own, home in before if own in places}
    gone, put = before - places.items(), places.items() - before
    buildings = held.edges["buildings"]
    if gone or put:
        bare = [{"property": home, "property_id": home, "content": {}} for home in sorted({*places.values()})]
        await work.run("identity.write_properties", rows=bare)
        if gone:
            await work.run("identity.unlink_places", rows=[{"identifier": a, "property": b} for a, b in sorted(gone)])
        if put:
            links = [{"property": home, "edges": [{"identifier": own}]} for own, home in sorted(put)]
            await work.run("identity.link_places", rows=links)
        told = await work.run("identity.placed", identifiers=sorted(places))
        buildings = next(line["found"] for line in told if line["what"] == "buildings")
    if content := _described(buildings):
        await work.run("identity.write_properties", rows=content)
    return known | {own[2]: home for own, home in places.items() if own[0] == "address"}


def _places(rows: Iterable[Known], numbers: Iterable[Sequence[Any]]) -> Mapping[Own, str]:
    registered: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for value, number, count in numbers:
        registered[value].append((-count, number))
    found: dict[Own, str] = {}
    for row in rows:
        if row.address:
            home = min(registered[row.address])[1] if row.address in registered else row.address
            found["address", "", row.address] = home
        if number := row.fields.get("property_id"):
            found["property_id", "", number] = number
    return found


def _described(held: Iterable[Sequence[Any]]) -> list[Row]:
    """A building is described by the address that most rows give it; told where that is another than now."""
    known: dict[str, list[tuple[int, str]]] = defaultdict(list)
    present: dict[str, str | None] = {}
    for home, address, value, count in held:
        known[home].append((-count, value))
        present[home] = address
    return [
        {"property": home, "property_id": home, "content": derived.address_parts(min(found)[1])}
        for home, found in known.items()
        if min(found)[1] != present[home]
    ]
