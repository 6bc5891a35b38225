"""Users of the embedded engine that can only read, and only one tenant's database."""

import asyncio
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

from graph_service.errors import ServiceError
from graph_service.graph import embedded

READER_ROWS = 100_000
READER_SECONDS = 60
STOPPING = 60  # times that a statement's end is asked for


class Admin(Protocol):
    """One administrative request to the engine; the exception named by `already` (`*`: any) means that it is done."""

    async def __call__(self, verb: str, path: str, body: dict[str, Any] | None = None, *, already: str = "") -> Any:
        """What the engine answers."""


class Readers:
    """The readers of every tenant's database: one for its analysts' own clients, and those as whom we ask for them."""

    def __init__(self, home: Path, admin: Admin) -> None:
        self._home, self._admin = home, admin
        self._known: dict[str, str] = {}

    async def make(self, database: str, user: str) -> str:
        """The password of a user who reads this database and nothing else; the user is made where there is none."""
        limits = {"resultSetLimit": READER_ROWS, "readTimeout": READER_SECONDS * 1000}
        rights = {"access": [], "types": {"*": {"access": ["readRecord"]}}}
        await self._admin("POST", "/server/groups", {"database": database, "name": "reader", **limits, **rights})
        password = embedded.secret(self._home, user)
        if user not in await self._users():
            made = {"name": user, "password": password, "databases": {database: ["reader"]}}
            await self._admin("POST", "/server/users", made, already="UserAlreadyExistsException")
        return password

    async def asker(self, database: str, number: int) -> tuple[str, str]:
        """The user as whom we ask an analyst's statement, one statement each, and its password."""
        user = f"{database}_asker{number}"
        if user not in self._known:
            self._known[user] = await self.make(database, user)
        return user, self._known[user]

    def forget(self, database: str) -> None:
        """Look again, when they are next needed, whether these users are there."""
        for user in _of(database, self._known):
            del self._known[user]

    async def stop(self, database: str, number: int) -> None:
        """End what the engine still works on for that asker, whose connection may be long gone."""
        for _ in range(STOPPING):  # what computes within one row learns of it when the row is done
            running = await self._admin("POST", "/server", {"command": f"list queries database {database}"})
            own = [query["id"] for query in running if query["user"] == f"{database}_asker{number}"]
            if not own:
                return
            for query in own:
                await self._admin("POST", "/server", {"command": f"terminate query {query}"}, already="*")
            await asyncio.sleep(0.1)
        raise ServiceError("The embedded engine does not end a statement.")

    async def drop(self, database: str) -> None:
        """Take the readers of a database away."""
        self.forget(database)
        own = _of(database, await self._users())
        for user in own:
            await self._admin("DELETE", f"/server/users?name={user}")
            (self._home / f"{user}.secret").unlink(missing_ok=True)
        if own:
            await self._admin("DELETE", f"/server/groups?database={database}&name=reader")

    async def _users(self) -> set[str]:
        return {user["name"] for user in await self._admin("GET", "/server/users")}


def _of(database: str, users: Iterable[str]) -> list[str]:
    return [user for user in users if re.fullmatch(re.escape(database) + r"_(reader|asker\d+)", user)]
