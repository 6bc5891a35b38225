"""What a tenant's graph holds, told without minted ids, so that two graphs can be compared; and files to fill it."""

import csv
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from graph_service.graph import library, migrations
from graph_service.graph.engines import Engine
from graph_service.graph.store import Store

LIBRARY = library.load()
COLUMNS = ("id", "first_name", "last_name", "date_of_birth", "email", "phone", "street_address", "city", "state", "zip")
Row = dict[str, Any]


def store_on(engine: Engine) -> Store:
    """A store on an engine, with the whole library."""
    return Store(engine, LIBRARY, engine.settings)  # type: ignore[attr-defined]


@asynccontextmanager
async def lent(engine: Engine) -> AsyncIterator[str]:
    """A tenant that several tests use one after the other: making one takes longer than emptying it."""
    slug = f"lent-{secrets.token_hex(4)}"
    await engine.create_tenant_database(slug)
    await migrations.apply(engine, engine.database_of(slug))
    yield slug
    await engine.drop_tenant_database(slug)


async def emptied(store: Store, tenant: str) -> None:
    """Take everything of a tenant away."""
    await asked(store, tenant, "MATCH (n) WHERE n.tenant = $t DETACH DELETE n")


async def asked(store: Store, tenant: str, statement: str, **params: Any) -> list[Row]:
    """The rows of a statement of a test's own, which says `$t` for the tenant."""
    database = store.engine.database_of(tenant)
    found = await store.engine.driver.execute_query(statement, {"t": tenant, **params}, database_=database)
    return [record.data() for record in found.records]


async def carried(store: Store, tenant: str, record_id: str) -> set[tuple[str, str]]:
    """The identifiers, kind and value, that a row is linked to."""
    rows = await asked(
        store,
        tenant,
        "MATCH (r:Record {tenant: $t, record_id: $own})-[:HAS]->(i:Identifier) RETURN i.kind AS kind, i.value AS value",
        own=record_id,
    )
    return {(row["kind"], row["value"]) for row in rows}


def person(number: int, **given: str) -> Row:
    """A made-up person's row: its names, day of birth, e-mail, phone and address all follow from a number."""
    letters = "".join("abcdefghij"[int(digit)] for digit in f"{number:03}")
    return {
        "id": f"r{number:03}",
        "first_name": f"Ann{letters}",
        "last_name": f"Bell{letters[::-1]}",
        "date_of_birth": f"19{40 + number % 60:02}-{1 + number % 12:02}-{1 + number % 28:02}",
        "email": f"ann{number}@bell.com",
        "phone": f"+1817{2_360_000 + number * 13}",
        "street_address": f"{100 + number} Oak St",
        "city": "Fort Worth",
        "state": "TX",
        "zip": f"76{100 + number % 40}",
        **given,
    }


def write_csv(path: Path, rows: Sequence[Row]) -> Path:
    """These rows as a CSV file."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def families(count: int) -> list[Row]:
    """Families of two, two rows a person: a family shares its name, home and landline."""
    rows = []
    for number in range(count):
        for member in range(2):
            own = person(10 * number + member)
            kept = {name: person(10 * number)[name] for name in ("last_name", "phone", "street_address", "zip")}
            rows += [{**own, **kept, "id": f"f{number}m{member}r{seen}"} for seen in range(2)]
    return rows
