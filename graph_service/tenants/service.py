"""Tenants and their API keys: made, listed, revoked; and whether the graph is ready for them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from graph_service import logs
from graph_service.errors import NotFound, Refused
from graph_service.graph import keys, migrations
from graph_service.graph.engines import Engine
from graph_service.graph.store import Store
from graph_service.tenants import model
from graph_service.tenants.schemas import ApiKey, NewApiKey, Tenant

log = logs.get("tenants")


async def prepare(store: Store) -> None:
    """Is the graph up to date? The embedded engine is brought up to date; another must have been: raises Refused."""
    engine = store.engine
    databases = [engine.control_database]
    await _ready(engine, databases[0])
    for tenant in await listed(store):
        database = engine.database_of(tenant.tenant)
        if database not in databases:
            databases.append(database)
            await _ready(engine, database)


async def migrate(store: Store) -> dict[str, list[str]]:
    """Bring the control database and every tenant's up to date; answers the files applied to each database."""
    engine = store.engine
    done = {engine.control_database or "": await migrations.apply(engine, engine.control_database)}
    for tenant in await listed(store):
        database = engine.database_of(tenant.tenant)
        if (database or "") not in done:
            done[database or ""] = await migrations.apply(engine, database)
    return done


async def add(store: Store, slug: str, *, name: str = "") -> Tenant:
    """Make a tenant: its database, the migrations, its entry. The same again changes nothing. Raises BadInput."""
    keys.check_tenant(slug)
    engine = store.engine
    await engine.create_tenant_database(slug)
    await migrations.apply(engine, engine.control_database)
    if engine.database_of(slug) != engine.control_database:
        await migrations.apply(engine, engine.database_of(slug))
    rows = await store.write(slug, "tenants.register_tenant", name=name, now=model.moment())
    log.info("tenant_registered", tenant=slug)
    return Tenant.model_validate(rows[0])


async def listed(store: Store) -> list[Tenant]:
    """Every tenant, by slug."""
    found: list[Tenant] = []
    while True:
        after = found[-1].tenant if found else ""
        rows = await store.read("", "tenants.tenants", after=after)
        found += [Tenant.model_validate(row) for row in rows]
        if not rows:
            return found


async def forget_requests(store: Store, slug: str) -> int:
    """Delete what is kept of a tenant's writes with an Idempotency-Key that is older than the setting; how many."""
    before = model.moment(-store.settings.request_hours)
    gone = 0
    while some := (await store.write(slug, "tenants.forget_requests", before=before))[0]["forgotten"]:
        gone += some
    return gone


async def require(store: Store, slug: str) -> Tenant:
    """The tenant of this slug. Raises NotFound, and says how to make one."""
    row = await store.read_one(keys.check_tenant(slug), "tenants.tenant")
    if row is None:
        raise NotFound(f"There is no tenant '{slug}': `stormgraph tenants add {slug}` makes it.")
    return Tenant.model_validate(row)


@asynccontextmanager
async def arriving(store: Store, slug: str) -> AsyncIterator[None]:
    """Meanwhile the tenant's graph is on its way, and nobody writes to it unasked: it is counted when it is there.

    Whoever is killed meanwhile leaves the mark: half a graph is nothing to work on until it is brought again.
    """
    await store.write(slug, "tenants.mark_arriving", since=model.moment())
    try:
        yield
    finally:
        await store.write(slug, "tenants.mark_arriving")


async def add_key(
    store: Store, slug: str, *, scopes: Sequence[str], label: str = "", replaces: str | None = None
) -> NewApiKey:
    """Hand out an API key; its text is in the answer and nowhere else. Raises NotFound, BadInput."""
    chosen = model.check_scopes(list(scopes))
    await require(store, slug)
    token = model.mint_token(slug)
    shown = {"key_id": token.key_id, "label": label, "scopes": chosen, "created_at": model.moment()}
    shown |= {"replaces": replaces} if replaces else {}
    sealed = model.seal(model.sealing_secret(store.settings), token.text)
    await store.write(slug, "tenants.save_api_key", own=token.key_id, content={**shown, "seal": sealed})
    log.info("key_made", tenant=slug, key_id=token.key_id, scopes=chosen)
    return NewApiKey.model_validate({**shown, "token": token.text})


async def list_keys(store: Store, slug: str) -> list[ApiKey]:
    """The API keys of a tenant, revoked ones too. Raises NotFound."""
    await require(store, slug)
    return [ApiKey.model_validate(row) for row in await store.read(slug, "tenants.api_keys")]


async def rotate_key(store: Store, slug: str, key_id: str, *, hours: float = 24) -> NewApiKey:
    """Hand out a key in place of another, which goes on for so many hours: two are live meanwhile, and never three.

    Raises NotFound; Refused for a key that opens nothing any more, or in whose place another was handed out already.
    """
    listed = await list_keys(store, slug)
    old = next((key for key in listed if key.key_id == key_id), None)
    if old is None:
        raise _no_key(slug, key_id)
    now = model.moment()
    if not _live(old, now):
        raise Refused(f"The key '{key_id}' opens nothing any more: `stormgraph keys add` makes another.")
    if heirs := [key.key_id for key in listed if key.replaces == key_id and _live(key, now)]:
        raise Refused(f"The key '{heirs[0]}' has taken the place of '{key_id}' already: rotate or revoke that one.")
    made = await add_key(store, slug, scopes=old.scopes, label=old.label, replaces=key_id)
    await store.write(slug, "tenants.expire_api_key", own=key_id, at=model.moment(hours))
    log.info("key_rotated", tenant=slug, key_id=key_id, heir=made.key_id, hours=hours)
    return made


async def revoke_key(store: Store, slug: str, key_id: str) -> ApiKey:
    """Stop a key: every server refuses it within two seconds. Again changes nothing. Raises NotFound."""
    if not await store.write(slug, "tenants.revoke_api_key", own=key_id, now=model.moment()):
        raise _no_key(slug, key_id)
    log.info("key_revoked", tenant=slug, key_id=key_id)
    return next(key for key in await list_keys(store, slug) if key.key_id == key_id)


def _live(key: ApiKey, now: str) -> bool:
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > now)


def _no_key(slug: str, key_id: str) -> NotFound:
    return NotFound(f"Tenant '{slug}' has no key '{key_id}': `stormgraph keys list --tenant {slug}` names them.")


async def _ready(engine: Engine, database: str | None) -> None:
    if engine.name == "embedded":
        await migrations.apply(engine, database)
    else:
        await migrations.require_current(engine, database)
