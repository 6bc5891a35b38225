"""A cursor opens only the feed of its own tenant, and only if we gave it out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_service.errors import BadInput
from graph_service.lifecycle.model import cursor, place_of

SECRET = b"a secret of the house"


@given(st.integers(0, 2**63))
def test_a_cursor_leads_back_to_its_place(place: int) -> None:
    assert place_of(SECRET, "acme", cursor(SECRET, "acme", place)) == place


@pytest.mark.parametrize("text", ["x", "AAAA", "ü", "A" * 32, cursor(SECRET, "other", 7), cursor(b"stolen", "acme", 7)])
def test_a_cursor_that_is_not_ours_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="cursor"):
        place_of(SECRET, "acme", text)
