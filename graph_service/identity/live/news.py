"""Whose identity changed: what a transaction tells those who derive from identities, once it is committed."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from graph_service.identity.live.surroundings import Own


@dataclass(slots=True)
class News:
    """Persons and households that may be others now, and identifiers whose set of rows changed.

    Wider than the Changes of the history: a newcomer, or a row that no longer carries a value, is news and no Change.
    """

    persons: set[str] = field(default_factory=set)
    households: set[str] = field(default_factory=set)
    identifiers: set[Own] = field(default_factory=set)

    @classmethod
    def of(
        cls,
        persons: Iterable[str | None] = (),
        households: Iterable[str | None] = (),
        identifiers: Iterable[Own] = (),
    ) -> "News":
        """News of these; None is nobody."""
        return cls({one for one in persons if one}, {one for one in households if one}, set(identifiers))

    def add(self, other: "News") -> None:
        """Take in what another tells, too."""
        self.persons |= other.persons
        self.households |= other.households
        self.identifiers |= other.identifiers

    def __len__(self) -> int:
        return len(self.persons) + len(self.households) + len(self.identifiers)
