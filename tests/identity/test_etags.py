"""Who has a version already is not sent it again, and is never told that another person's version is his."""

import pytest

from tests.doors import Door, door, home

__all__ = ["door", "home"]
pytestmark = pytest.mark.engine


@pytest.mark.parametrize(("path", "merged"), [("/v1/persons/ann", "/v1/persons/bob"),
                                              ("/v1/households/hendersons", "/v1/households/bobs")])  # fmt: skip
async def test_a_version_is_sent_once(door: Door, home: str, path: str, merged: str) -> None:
    key = await door.key(home)
    first = await door.ask("GET", path, key)
    etag = first.headers["etag"]
    assert etag == f'"{first.json()["version"]}"'
    for text in (etag, f"W/{etag}", f'"77", {etag}'):
        again = await door.ask("GET", path, {**key, "If-None-Match": text})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert (await door.ask("GET", path, {**key, "If-None-Match": '"77"'})).status_code == 200
    assert (await door.ask("GET", merged, {**key, "If-None-Match": etag})).status_code == 200, "it is another body"
