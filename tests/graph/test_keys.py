"""Keys: two own ids never share one, and a page's bounds hold exactly the keys of its tenant."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from graph_service.errors import BadInput
from graph_service.graph import keys

SLUGS = st.from_regex(keys.SLUG, fullmatch=True)
AWKWARD = st.text(alphabet="/%250F-a.é0~", max_size=6)
PARTS = st.one_of(st.text(max_size=12), AWKWARD)
OWN_IDS = st.lists(PARTS, min_size=1, max_size=4).map(tuple)


@given(SLUGS, OWN_IDS)
def test_a_key_gives_back_what_it_was_composed_of(tenant: str, own: tuple[str, ...]) -> None:
    assert keys.parts(keys.compose(tenant, own)) == [tenant, *own]


@given(SLUGS, PARTS)
def test_one_part_may_be_given_bare(tenant: str, own: str) -> None:
    assert keys.compose(tenant, own) == keys.compose(tenant, (own,)) == keys.compose(tenant, [own])


@given(SLUGS, SLUGS, OWN_IDS, OWN_IDS)
def test_different_own_ids_or_tenants_never_share_a_key(
    one: str, other: str, left: tuple[str, ...], right: tuple[str, ...]
) -> None:
    assume((one, left) != (other, right))
    assert keys.compose(one, left) != keys.compose(other, right)


@given(SLUGS, SLUGS, OWN_IDS)
def test_the_bounds_of_a_page_hold_every_key_of_the_tenant_and_no_other(
    tenant: str, other: str, own: tuple[str, ...]
) -> None:
    assume(own != ("",))  # the tenant itself is the node with the empty own id; no page lists it
    first, end = keys.compose(tenant, ""), keys.end_of(tenant)
    assert first < keys.compose(tenant, own) < end
    assert (first < keys.compose(other, own) < end) == (other == tenant)


@given(SLUGS, PARTS, OWN_IDS, OWN_IDS)
def test_the_bounds_below_a_prefix_hold_exactly_what_begins_with_it(
    tenant: str, prefix: str, own: tuple[str, ...], stranger: tuple[str, ...]
) -> None:
    assume(prefix and own != ("",) and stranger[0] != prefix)
    first, end = keys.compose(tenant, (prefix, "")), keys.end_of(tenant, (prefix,))
    assert first < keys.compose(tenant, (prefix, *own)) < end
    assert not first < keys.compose(tenant, stranger) < end


def test_a_separator_inside_a_part_is_escaped() -> None:
    assert keys.compose("acme", ("crm", "17/b")) == "acme/crm/17%2Fb"
    assert keys.compose("acme", ("crm", "50%2F")) == "acme/crm/50%252F"


@pytest.mark.parametrize("slug", ["ab", "a1", "storm-restoration-of-north-texas", "7-eleven"])
def test_a_tenant_is_a_slug(slug: str) -> None:
    assert keys.check_tenant(slug) == slug


@pytest.mark.parametrize("slug", ["", "a", "Acme", "a_b", "a/b", "-ab", "ab-", "a" * 33, "ab\n", "äb", "a b"])
def test_what_is_no_slug_is_refused_with_what_to_use(slug: str) -> None:
    with pytest.raises(BadInput, match="lower-case letters, digits and inner hyphens"):
        keys.check_tenant(slug)


def test_minted_ids_are_new_and_sort_by_age() -> None:
    minted = [keys.mint() for _ in range(1000)]
    assert len(set(minted)) == 1000
    assert minted == sorted(minted)
