"""The command line: verbs of the workflow, each a few lines over the same services that answer HTTP."""

import sys

import typer

from graph_service.cli import (
    audit,
    backups,
    catalogue,
    context,
    credit,
    demo,
    identity,
    journeys,
    lifecycle,
    operations,
    privacy,
    records,
    review,
    tenants,
)
from graph_service.errors import BadInput, OutOfMemory, ServiceError

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Who is behind an identifier, and who lives together.",
)
for room in (
    operations,
    tenants,
    records,
    identity,
    lifecycle,
    review,
    privacy,
    backups,
    journeys,
    context,
    credit,
    catalogue,
    audit,
    demo,
):
    app.add_typer(room.commands)


def main() -> None:
    """Run a command; an error of ours becomes one line that says what to do next."""
    try:
        app()
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "start new thread" not in str(error):
            raise
        print(f"stormgraph: {OutOfMemory().message} What was acknowledged is kept: run it again.", file=sys.stderr)
        sys.exit(1)
    except ServiceError as error:
        print(f"stormgraph: {error.message}", file=sys.stderr)
        sys.exit(2 if isinstance(error, BadInput) else 1)
