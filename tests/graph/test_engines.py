"""Whatever the engine: it answers, keeps what was written, deletes a tenant whole, and explains a wrong address."""

import pytest
from pydantic import SecretStr

from graph_service.errors import BadInput, EngineUnavailable, Refused, ServiceError
from graph_service.graph.engines import Engine, engine_for
from graph_service.settings import Settings

CREATE = "CREATE (n:Record {key: $key, tenant: $tenant}) RETURN n.key AS key"
KEYS = "MATCH (n:Record) WHERE n.key = $key RETURN n.key AS key"


async def run(engine: Engine, slug: str, statement: str, **params: str) -> list[str]:
    async with engine.driver.session(database=engine.database_of(slug)) as session:
        result = await session.run(statement, params)
        return [record["key"] async for record in result]


async def test_what_was_written_is_read_and_is_gone_with_its_tenant(engine: Engine, tenant: str) -> None:
    await engine.ping()
    key = f"{tenant}/crm/1"
    await run(engine, tenant, CREATE, key=key, tenant=tenant)
    assert await run(engine, tenant, KEYS, key=key) == [key]
    await engine.drop_tenant_database(tenant)
    await engine.drop_tenant_database(tenant)  # again: nothing happens
    await engine.create_tenant_database(tenant)
    assert await run(engine, tenant, KEYS, key=key) == []


async def test_making_a_tenant_twice_keeps_its_graph(engine: Engine, tenant: str) -> None:
    await run(engine, tenant, CREATE, key=f"{tenant}/crm/2", tenant=tenant)
    await engine.create_tenant_database(tenant)
    assert await run(engine, tenant, KEYS, key=f"{tenant}/crm/2") == [f"{tenant}/crm/2"]


async def test_two_tenants_never_share_a_database_under_isolation_by_database(engine: Engine) -> None:
    names = [engine.database_of(slug) for slug in ("a-b", "ab", "a-b-", "control")]
    if engine.isolation == "database":
        assert len({*names, engine.control_database}) == 5
    else:
        assert set(names) == {engine.control_database}


async def test_the_sync_driver_reaches_the_same_graph(engine: Engine, tenant: str) -> None:
    with engine.sync_driver() as driver:
        params = {"key": f"{tenant}/crm/3", "tenant": tenant}
        driver.execute_query(CREATE, params, database_=engine.database_of(tenant))
    assert await run(engine, tenant, KEYS, key=f"{tenant}/crm/3") == [f"{tenant}/crm/3"]


async def test_neo4j_community_gives_no_reading_login_and_says_why(neo4j_engine: Engine) -> None:
    if neo4j_engine.isolation == "database":
        pytest.skip("the Neo4j at hand is an Enterprise one")
    with pytest.raises(Refused, match="can write and sees every tenant"):
        await neo4j_engine.reader_login("acme")


async def test_a_wrong_password_is_named_as_such(neo4j_engine: Engine) -> None:
    settings = neo4j_engine.settings.model_copy(update={"graph_password": SecretStr("wrong")})  # type: ignore[attr-defined]
    with pytest.raises(EngineUnavailable, match="STORMGRAPH_GRAPH_PASSWORD"):
        await engine_for(settings).open()


async def test_nobody_at_the_address_is_a_503_that_names_the_setting() -> None:
    engine = engine_for(Settings(graph_url="bolt://127.0.0.1:1", graph_password=SecretStr("secret-password")))
    with pytest.raises(EngineUnavailable, match="STORMGRAPH_GRAPH_URL") as raised:
        await engine.open()
    assert raised.value.status == 503
    assert raised.value.retry_after


@pytest.mark.parametrize("url", ["postgres://x", "embedded", "localhost:7687", ""])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(BadInput, match="STORMGRAPH_GRAPH_URL"):
        engine_for(Settings(graph_url=url))


def test_a_server_without_a_password_setting_is_refused() -> None:
    with pytest.raises(BadInput, match="STORMGRAPH_GRAPH_PASSWORD"):
        engine_for(Settings(graph_url="neo4j://127.0.0.1:7687", graph_password=None))


def test_an_engine_that_was_not_opened_says_so() -> None:
    with pytest.raises(ServiceError, match="before it was opened"):
        _ = engine_for(Settings(graph_url="embedded:")).driver
