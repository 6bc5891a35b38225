"""Who is known, and who lives together: reads of the identity graph for one caller."""

from collections.abc import Sequence
from dataclasses import dataclass

from graph_service import moments
from graph_service.graph import keys
from graph_service.graph.store import Row
from graph_service.identity import schemas as say
from graph_service.identity.view import View, living
from graph_service.seals import cursor, place_of, sealing_secret

MOST_ROWS = 1000
WALK, FIT = "identity.household_ids", "identity.households_that_fit"
WINDOW, WALKED = 500, 5000  # households looked at in one query, and for one page


async def person(view: View, person_id: str) -> say.Person:
    """One person; an id that was merged away answers the survivor. Raises NotFound."""
    row = await living(view, "person", person_id)
    used = view.query("identity.person", person=keys.compose(view.tenant, row["person_id"]))
    return say.Person(**{**_named(view, row), "also": row["also"] or []}, requested_id=person_id, query=used)


async def household(view: View, household_id: str, *, as_of: str | None = None) -> say.Household:
    """One household and where it lives on a day (today, if none): a merged id answers the survivor. Raises NotFound."""
    day = as_of or moments.now()[:10]
    row = await living(view, "household", household_id, as_of=day)
    used = view.query("identity.household", household=keys.compose(view.tenant, row["household_id"]), as_of=day)
    shown = {**row, "home": _home(view, row["home"]), "also": row["also"] or []}
    return say.Household(**shown, requested_id=household_id, query=used)


async def household_members(view: View, household_id: str, *, as_of: str | None = None) -> say.Members:
    """Who belongs to a household on a day, without one today. Raises NotFound."""
    listed = await _listed(view, "identity.household_members", household_id, as_of)
    return say.Members(
        household_id=listed.own_id,
        requested_id=household_id,
        members=[say.Member(**_named(view, row)) for row in listed.rows],
        truncated=listed.truncated,
        query=listed.used,
    )


async def households(view: View, wanted: say.Wanted, *, after: str, limit: int) -> say.Households:
    """The households that fit, in the order of their ids. Raises BadInput for a strange cursor.

    At most WALKED households are looked at for one page, so what is rare comes in short pages, some of them empty.
    """
    secret = sealing_secret(view.store.settings)
    place = place_of(secret, view.tenant, WALK, after).decode()
    asked = {**wanted.model_dump(), "as_of": moments.now()[:10]}
    used = view.query(FIT, after=place, **asked)
    found: list[Row] = []
    walked: list[str] = []
    size, looked, ended = limit + 1, 0, False
    while not ended and len(found) <= limit and looked < WALKED:
        place = walked[-1] if looked else place
        rows = await view.store.read(view.tenant, WALK, after=place, limit=size)
        walked = [row["household_id"] for row in rows]
        found += await view.store.read(view.tenant, FIT, households=walked, **asked) if walked else []
        size, looked, ended = WINDOW, looked + len(walked), len(walked) < size
    more, found = len(found) > limit, found[:limit]
    reached = found[-1]["household_id"] if more else walked[-1] if walked else ""
    listed = [say.HouseholdEntry.model_validate({**row, "home": _home(view, row["home"])}) for row in found]
    following = cursor(secret, view.tenant, WALK, reached.encode()) if more or not ended else None
    return say.Households(households=listed, next=following, query=used)


async def person_identifiers(view: View, person_id: str) -> say.PersonIdentifiers:
    """By what a person is known. Raises NotFound."""
    listed = await _listed(view, "identity.person_identifiers", person_id)
    return say.PersonIdentifiers(
        person_id=listed.own_id,
        requested_id=person_id,
        identifiers=_known(view, listed),
        truncated=listed.truncated,
        query=listed.used,
    )


async def household_identifiers(view: View, household_id: str) -> say.HouseholdIdentifiers:
    """By what the members of a household are known today. Raises NotFound."""
    listed = await _listed(view, "identity.household_identifiers", household_id)
    return say.HouseholdIdentifiers(
        household_id=listed.own_id,
        requested_id=household_id,
        identifiers=_known(view, listed),
        truncated=listed.truncated,
        query=listed.used,
    )


@dataclass(frozen=True, slots=True)
class Listed:
    """What hangs on a person or household that is alive: at most MOST_ROWS rows, and the query they came from."""

    own_id: str
    rows: list[Row]
    truncated: bool
    used: say.QueryUsed


async def _listed(view: View, name: str, own_id: str, as_of: str | None = None) -> Listed:
    """The rows of a query about a person or household; where it gives none, does the id exist? Raises NotFound."""
    noun = name.removeprefix("identity.").partition("_")[0]
    day = {} if noun == "person" else {"as_of": as_of or moments.now()[:10]}
    rows = await view.store.read(view.tenant, name, **{noun: own_id}, **day, limit=MOST_ROWS + 1)
    if not rows:
        survivor = (await living(view, noun, own_id, **day))[f"{noun}_id"]
        if survivor != own_id:
            return await _listed(view, name, survivor, as_of)
    used = view.query(name, **{noun: keys.compose(view.tenant, own_id)}, **day, limit=MOST_ROWS)
    return Listed(own_id, rows[:MOST_ROWS], len(rows) > MOST_ROWS, used)


def _known(view: View, listed: Listed) -> list[say.KnownIdentifier]:
    return [say.KnownIdentifier(**{**row, "value": view.shown(row["kind"], row["value"])}) for row in listed.rows]


def _named(view: View, row: Row) -> Row:
    return {**row, **{name: view.shown("name", row[name]) for name in ("first_name", "last_name")}}


def _home(view: View, home: Sequence[str | None] | None) -> say.Home | None:
    if home is None:
        return None
    property_id, street, unit, city, state, zip_code, since = home
    return say.Home(
        property_id=view.shown("property_id", property_id),
        street_address=view.shown("address", street),
        unit=view.shown("address", unit),
        city=city,
        state=state,
        zip=zip_code,
        since=since,
    )
