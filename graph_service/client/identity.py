"""Who is behind an identifier, who lives together, and what became of them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from graph_service.client.connection import Connection, Document, given, part

KIND_OF = {"ga4_cookie": "cookie_id"}  # shorthand that marketers know
Identifiers = Mapping[str, str | None]


class IdentityGraph(Connection):
    """Who is behind an identifier, and who lives together.

    `key` is an API key with the scope `identity:read`; with `pii:read` too, personal values come unmasked. Changes by
    hand take `once`, an Idempotency-Key of your own; without one every call has its own.
    """

    def resolve_identity(self, identifier: str, *, scope: str = "") -> Document:
        """Who is behind one `kind:value`, as `email:jane@x.com`? Raises NotKnown where it leads to nobody."""
        asked = {"scope": scope} if scope else None
        return self._ask("GET", f"/v1/identity/{quote(identifier, safe=':')}", params=asked)

    def resolve(self, **identifiers: str | None) -> Document:
        """Who is meant by these identifiers together: `resolve(ga4_cookie=..., address=..., phone=..., email=...)`?

        Identifiers that are None are left out, so that a form's fields can be passed as they are.
        """
        return self._send("POST", "/v1/identity/resolve", {"identifiers": _listed(identifiers)})

    def resolve_fields(self, fields: Mapping[str, str], *, create: bool = False) -> Document:
        """Who is meant by a name, an address or any mix of fields? With `create` somebody unknown becomes a person."""
        return self._send("POST", "/v1/identity/resolve", {"fields": dict(fields), "create": create})

    def resolve_many(self, questions: Sequence[Identifiers]) -> list[Document]:
        """The same as `resolve` for up to 500 at once; the answers come in the order of the questions."""
        items = [{"identifiers": _listed(one)} for one in questions]
        results: list[Document] = self._send("POST", "/v1/identity/resolve/batch", {"items": items})["results"]
        return results

    def send_records(
        self, source: str, records: Sequence[Mapping[str, str | None]], *, wait: bool | None = None
    ) -> list[Document]:
        """Take up to 500 rows in, each with its `record_id`; the same again changes nothing. What became of each.

        More than 16 are answered once they are kept, each `waiting` to be compared with others; `wait` says otherwise.
        """
        body = {"source": source, "records": [dict(one) for one in records]}
        path = "/v1/records" if wait is None else f"/v1/records?wait={str(wait).lower()}"
        results: list[Document] = self._send("POST", path, body)["results"]
        return results

    def get_profile(self, identity_id: str) -> Document:
        """One person with its identifiers, its household and the household's members. Raises NotKnown."""
        person = self.person(identity_id)
        profile = {**person, "identifiers": self.person_identifiers(person["person_id"]), "household": None}
        if person["household_id"] is not None:
            members = self.members(person["household_id"])
            profile["household"] = {**self.household(person["household_id"]), "members": members}
        return profile

    def person(self, person_id: str) -> Document:
        """One person. Raises NotKnown."""
        return self._ask("GET", f"/v1/persons/{part(person_id)}")

    def person_identifiers(self, person_id: str) -> list[Document]:
        """By what a person is known, the surest first. Raises NotKnown."""
        known: list[Document] = self._ask("GET", f"/v1/persons/{part(person_id)}/identifiers")["identifiers"]
        return known

    def household(self, household_id: str) -> Document:
        """One household and where it lives. Raises NotKnown."""
        return self._ask("GET", f"/v1/households/{part(household_id)}")

    def members(self, household_id: str) -> list[Document]:
        """Who belongs to a household today. Raises NotKnown."""
        listed: list[Document] = self._ask("GET", f"/v1/households/{part(household_id)}/members")["members"]
        return listed

    def household_identifiers(self, household_id: str) -> list[Document]:
        """By what the members of a household are known. Raises NotKnown."""
        known: list[Document] = self._ask("GET", f"/v1/households/{part(household_id)}/identifiers")["identifiers"]
        return known

    def household_graph(self, household_id: str, *, hops: int = 2, limit: int = 300) -> Document:
        """Nodes and edges around a household, for drawing. Raises NotKnown."""
        return self._ask("GET", f"/v1/households/{part(household_id)}/graph", params={"hops": hops, "limit": limit})

    def households(self, **filters: Any) -> Iterator[Document]:
        """Every household that fits (`kind`, `least`, `most`, `zip`, `since`), read page by page."""
        return self._pages("/v1/households", "households", given(filters))

    def sources(self) -> Iterator[Document]:
        """The systems that records come from."""
        return self._pages("/v1/sources", "sources", {})

    def quarantine(self) -> Iterator[Document]:
        """What was set aside, and why."""
        return self._pages("/v1/quarantine", "entries", {})

    def merge_identities(
        self,
        a: str,
        b: str,
        *,
        reason: str = "",
        expect: Mapping[str, int] | None = None,
        once: str | None = None,
    ) -> Document:
        """Two persons are one: the older id stays, the other answers it. Raises NotDone where `expect` is stale."""
        body = {"persons": [a, b], "reason": reason, "expect": dict(expect or {})}
        return self._once("/v1/identity/merge", body, once=once)

    def link_property(self, property_id: str, identifiers: Mapping[str, str], *, once: str | None = None) -> Document:
        """Whoever these identifiers lead to (`{"email": ..., "phone": ...}`) has to do with this building."""
        body = {"property_id": property_id, "identifiers": _listed(identifiers)}
        return self._once("/v1/identity/links", body, once=once)

    def split_identity(
        self, identity_id: str, rows: Sequence[str], *, reason: str = "", once: str | None = None
    ) -> Document:
        """These rows (`source/record_id`) of a person are somebody else; the larger part keeps the id."""
        body = {"person_id": identity_id, "rows": [_row(row) for row in rows], "reason": reason}
        return self._once("/v1/identity/split", body, once=once)

    def judge(self, left: str, right: str, *, same: bool, reason: str = "", once: str | None = None) -> Document:
        """Two rows (`source/record_id`) are, or are not, one person; effective at once and for ever."""
        sides = {"left": [_row(left)], "right": [_row(right)]}
        body = {"verdict": "same" if same else "different", **sides, "reason": reason}
        return self._once("/v1/identity/judgements", body, once=once)

    def undo(self, change_id: str, *, reason: str = "", once: str | None = None) -> Document:
        """Take back what was decided by hand behind a change. Raises NotDone where later judgements build on it."""
        return self._once(f"/v1/identity/undo/{part(change_id)}", {"reason": reason}, once=once)

    def undo_run(
        self,
        run_id: str,
        *,
        persons: Sequence[str] = (),
        skip: bool = False,
        dry_run: bool = False,
        reason: str = "",
        once: str | None = None,
    ) -> Document:
        """Take back what a match run did to persons. Raises NotDone where they moved on since, unless `skip`."""
        body = {"persons": list(persons), "skip": skip, "dry_run": dry_run, "reason": reason}
        return self._once(f"/v1/identity/runs/{part(run_id)}/undo", body, once=once, made="run_id")

    def recalibrate(self, *, keep: bool = True) -> Document:
        """What the judgements say about the model's weights; a better model is kept under `model_id`, and not used."""
        return self._send("POST", "/v1/identity/recalibrations", {"keep": keep})

    def adopt_model(self, model_id: str) -> Document:
        """Use a kept model from now on."""
        document: Document = self._sent("POST", f"/v1/identity/models/{part(model_id)}/adopt").json()
        return document

    def history(self, identity_id: str) -> list[Document]:
        """What happened to a person, the oldest first."""
        changes: list[Document] = self._ask("GET", f"/v1/persons/{part(identity_id)}/history")["changes"]
        return changes

    def changes(self, after: str = "", *, limit: int = 100) -> Document:
        """The feed of changes behind a cursor: `changes`, `next` (the cursor to go on with) and `more`."""
        return self._ask("GET", "/v1/identity/changes", params={"limit": limit, "after": after})

    def every_change(self, after: str = "") -> Iterator[Document]:
        """Every change behind a cursor that has happened by now, read page by page."""
        more = True
        while more:
            page = self.changes(after, limit=1000)
            yield from page["changes"]
            after, more = page["next"], page["more"]

    def explain(self, left: str, right: str) -> Document:
        """Why two rows (`source/record_id`) are, or are not, one person."""
        return self._ask("GET", "/v1/identity/explain", params={"left": left, "right": right})

    def explain_person(self, identity_id: str, *, left: str | None = None, right: str | None = None) -> Document:
        """How a person's rows came together, and what would part them; the path between two of them, if named."""
        asked = given({"left": left, "right": right})
        return self._ask("GET", f"/v1/persons/{part(identity_id)}/explain", params=asked)

    def review(self, *, limit: int = 50) -> Document:
        """What is worth somebody's judgement, the most informative first."""
        return self._ask("GET", "/v1/identity/review", params={"limit": limit})

    def erase_identity(self, identity_id: str, *, dry_run: bool = False) -> Document:
        """Erase a person from everywhere, for ever; its id raises NotKnown from now on."""
        asked = {"dry_run": "true"} if dry_run else None
        return self._ask("DELETE", f"/v1/persons/{part(identity_id)}", params=asked)

    def queries(self) -> list[Document]:
        """Every read query of the library: what it answers, its parameters, its Cypher (scope `graph:query`)."""
        listed: list[Document] = self._ask("GET", "/v1/queries")["queries"]
        return listed

    def query(self, name: str, **params: Any) -> Document:
        """Run one query of the library by its name; `rows` holds the answer (scope `graph:query`)."""
        return self._send("POST", f"/v1/queries/{part(name)}", {"params": params})

    def cypher(self, statement: str, params: Mapping[str, Any] | None = None, *, limit: int | None = None) -> Document:
        """Ask a statement of your own, read-only (scope `graph:query`)."""
        return self._send("POST", "/v1/cypher", given({"statement": statement, "params": params, "limit": limit}))


def _listed(identifiers: Identifiers) -> list[Document]:
    return [
        {"kind": KIND_OF.get(kind, kind), "value": value}
        for kind, value in identifiers.items()
        if value is not None and value != ""
    ]


def _row(text: str) -> Document:
    source, _, record_id = text.partition("/")
    return {"source": source, "record_id": record_id}
