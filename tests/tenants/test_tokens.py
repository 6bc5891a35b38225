"""API keys: what they look like, and that only their seal is kept."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from graph_service.errors import BadInput
from graph_service.settings import Settings
from graph_service.tenants import model


@given(st.from_regex(r"[a-z0-9][a-z0-9-]{0,30}[a-z0-9]", fullmatch=True))
def test_a_key_says_whose_it_is(tenant: str) -> None:
    token = model.mint_token(tenant)
    assert model.read_token(token.text) == token
    assert token.text.startswith(f"sg_{tenant}_{token.key_id}_")


@given(st.text(max_size=250))
def test_any_text_is_a_key_or_is_not(text: str) -> None:
    token = model.read_token(text)
    assert token is None or token.text == text


@pytest.mark.parametrize("text", ["", "sg", "sg___", "sg_acme_k_", "sg_ac_me_k_s_s", "xx_acme_k_s", "sg_Acme_k_s"])
def test_what_is_no_key_is_refused_unread(text: str) -> None:
    assert model.read_token(text) is None


def test_two_keys_are_never_the_same() -> None:
    assert len({model.mint_token("acme").text for _ in range(1000)}) == 1000


def test_a_seal_fits_its_key_and_no_other() -> None:
    mine, other = model.mint_token("acme").text, model.mint_token("acme").text
    kept = model.seal(b"secret", mine)
    assert model.fits(b"secret", mine, kept)
    assert not model.fits(b"secret", other, kept)
    assert not model.fits(b"another", mine, kept)
    assert not model.fits(b"secret", mine, model.NOBODYS_SEAL)
    assert mine not in kept


def test_the_sealing_secret_is_made_once_and_is_ours_alone(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "var", secret=None)
    secret = model.sealing_secret(settings)
    assert model.sealing_secret(settings) == secret
    assert len(secret) == 64
    assert stat.S_IMODE((tmp_path / "var" / "secret").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["secret"]


def test_a_secret_of_the_settings_is_used_and_not_written(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "var", secret=SecretStr("of several machines"))
    assert model.sealing_secret(settings) == b"of several machines"
    assert not (tmp_path / "var").exists()


def test_scopes_are_checked() -> None:
    assert model.check_scopes(["pii:read", "identity:read", "pii:read"]) == ["identity:read", "pii:read"]
    for wrong in ([], ["identity:reed"]):
        with pytest.raises(BadInput, match="identity:read"):
            model.check_scopes(wrong)
