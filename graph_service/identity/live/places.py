"""For which buildings addresses and register numbers stand, where rows arrived that carry them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graph_service.graph.store import Row, Work
from graph_service.identity.live import derived
from graph_service.identity.live.surroundings import Known, Own
from graph_service.identity.live.turns import Standing


@dataclass(frozen=True, slots=True)
class Places:
    """The building of each address; and, to be written with the difference: what is said of buildings, and the
    addresses that stand for new ones."""

    home_of: Mapping[str, str]
    built: Sequence[Row] = ()
    stood: Sequence[Row] = ()


async def places_of(work: Work, rows: Sequence[Known], held: Standing) -> Places:
    """For which buildings do these rows' addresses and register numbers stand?

    A home is known by the register's number where any row of its address carries one, else by the address itself.
    Answers the building of every address that was asked for or arrived. A building that an address alone makes is left
    to be written with the difference; what moves to another building is written here, and read again.
    """
    known = {value: home for kind, _, value, home in held.edges["places"] if kind == "address"}
    places = _places(rows, held.edges["numbers"])
    if not places:
        return Places(known)
    before = {((kind, scope, value), home) for kind, scope, value, home in held.edges["places"]}
    before = {(own, home) for own, home in before if own in places}
    gone, put = before - places.items(), places.items() - before
    home_of = known | {own[2]: home for own, home in places.items() if own[0] == "address"}
    if gone or any(own != ("address", "", home) for own, home in put):
        return Places(home_of, _described(await _moved(work, gone, put, places)))
    new = [_built(home, derived.address_parts(home)) for _, home in sorted(put)]
    stood = [edge(own, home, {}) for own, home in sorted(put)]
    return Places(home_of, [*_described(held.edges["buildings"]), *new], stood)


def edge(begin: Any, end: Any, content: Row) -> Row:
    """An edge as `identity.write_difference` and `identity.take_back` take it."""
    return {"begin": begin, "end": end, "own": "", "content": content}


def _built(home: str, content: Row) -> Row:
    return {"begin": home, "end": "", "own": home, "content": content}


Located = Collection[tuple[Own, str]]


async def _moved(work: Work, gone: Located, put: Located, places: Mapping[Own, str]) -> Sequence[Sequence[Any]]:
    """Tie addresses and register numbers to other buildings; what then speaks for each building."""
    bare = [{"property": home, "property_id": home, "content": {}} for home in sorted({*places.values()})]
    await work.run("identity.write_properties", rows=bare)
    if gone:
        await work.run("identity.unlink_places", rows=[{"identifier": a, "property": b} for a, b in sorted(gone)])
    if put:
        links = [{"property": home, "edges": [{"identifier": own}]} for own, home in sorted(put)]
        await work.run("identity.link_places", rows=links)
    told = await work.run("identity.placed", identifiers=sorted(places))
    found: Sequence[Sequence[Any]] = next(line["found"] for line in told if line["what"] == "buildings")
    return found


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
        _built(home, derived.address_parts(min(found)[1]))
        for home, found in known.items()
        if min(found)[1] != present[home]
    ]
