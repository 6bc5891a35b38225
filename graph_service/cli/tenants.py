"""Commands about tenants and their API keys."""

from typing import Annotated

import typer

from graph_service import screen
from graph_service.cli.terminal import Json, TenantOption, tell, with_store

commands = typer.Typer()
tenants_app = typer.Typer(no_args_is_help=True, help="Tenants: the contractors whose graphs these are.")
keys_app = typer.Typer(no_args_is_help=True, help="API keys of a tenant.")
commands.add_typer(tenants_app, name="tenants")
commands.add_typer(keys_app, name="keys")


@tenants_app.command("add")
def tenants_add(slug: str, name: str = "", json: Json = False) -> None:
    """Make a tenant; the same again changes nothing."""
    from graph_service.tenants import service

    tell(with_store(lambda store: service.add(store, slug, name=name)), json)


@tenants_app.command("list")
def tenants_list(json: Json = False) -> None:
    """Every tenant."""
    from graph_service.tenants import service

    tell(with_store(service.listed), json, screen.table)


@keys_app.command("add")
def keys_add(
    tenant: TenantOption,
    scopes: Annotated[str, typer.Option(help="What it may do, separated by commas.")] = "identity:read,graph:query",
    label: Annotated[str, typer.Option(help="What it is for.")] = "",
    json: Json = False,
) -> None:
    """Hand out an API key; its text is shown this once."""
    from graph_service.tenants import service

    tell(with_store(lambda store: service.add_key(store, tenant, scopes=scopes.split(","), label=label), tenant), json)


@keys_app.command("list")
def keys_list(tenant: TenantOption, json: Json = False) -> None:
    """The API keys of a tenant, revoked ones too."""
    from graph_service.tenants import service

    tell(with_store(lambda store: service.list_keys(store, tenant), tenant), json, screen.table)


@keys_app.command("rotate")
def keys_rotate(
    key_id: str,
    tenant: TenantOption,
    hours: Annotated[float, typer.Option(min=0, help="How long the old key goes on beside the new one.")] = 24,
    json: Json = False,
) -> None:
    """Hand out a key in place of another; both open the door until the old one's hours are over."""
    from graph_service.tenants import service

    tell(with_store(lambda store: service.rotate_key(store, tenant, key_id, hours=hours), tenant), json)


@keys_app.command("revoke")
def keys_revoke(key_id: str, tenant: TenantOption, json: Json = False) -> None:
    """Stop a key: every server refuses it within two seconds."""
    from graph_service.tenants import service

    tell(with_store(lambda store: service.revoke_key(store, tenant, key_id), tenant), json)
