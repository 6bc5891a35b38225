"""A key is replaced without a moment in which none opens the door: two are live, never three."""

import asyncio

import pytest

from graph_service import auth
from graph_service.errors import NotFound, Refused
from graph_service.tenants import service as tenants
from tests.doors import Door, door

__all__ = ["door"]
pytestmark = pytest.mark.engine


async def status(door: Door, token: str) -> int:
    return (await door.ask("GET", "/v1/persons/ann", {"Authorization": f"Bearer {token}"})).status_code


async def test_two_keys_are_live_and_the_old_one_ends_by_itself(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "KEPT_SECONDS", 0.05)
    slug = await door.tenant()
    old = await tenants.add_key(door.store, slug, scopes=["identity:read"], label="site")
    new = await tenants.rotate_key(door.store, slug, old.key_id, hours=1)
    assert (new.scopes, new.label, new.replaces) == (old.scopes, old.label, old.key_id)
    assert [await status(door, key.token) for key in (old, new)] == [200, 200]
    with pytest.raises(Refused, match=new.key_id):
        await tenants.rotate_key(door.store, slug, old.key_id)
    third = await tenants.rotate_key(door.store, slug, new.key_id, hours=0)
    await asyncio.sleep(0.1)
    assert [await status(door, key.token) for key in (old, new, third)] == [200, 401, 200]
    with pytest.raises(Refused, match="keys add"):
        await tenants.rotate_key(door.store, slug, new.key_id)
    listed = {key.key_id: key for key in await tenants.list_keys(door.store, slug)}
    assert listed[old.key_id].expires_at is not None
    assert listed[third.key_id].replaces == new.key_id


async def test_a_revoked_heir_makes_room_for_another(door: Door) -> None:
    slug = await door.tenant(empty=True)
    old = await tenants.add_key(door.store, slug, scopes=["identity:read"])
    heir = await tenants.rotate_key(door.store, slug, old.key_id, hours=1)
    await tenants.revoke_key(door.store, slug, heir.key_id)
    assert (await tenants.rotate_key(door.store, slug, old.key_id, hours=1)).replaces == old.key_id
    with pytest.raises(NotFound, match="keys list"):
        await tenants.rotate_key(door.store, slug, "nokey")
