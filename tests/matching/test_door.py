"""What `matching` offers is there whatever was imported before, and costs nothing until it is asked for."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import matching

TWINS = ["standardise", "evaluate"]


def in_a_fresh_process(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_every_name_on_offer_is_there() -> None:
    assert [name for name in matching.__all__ if not hasattr(matching, name)] == []
    assert set(matching.__all__) <= set(dir(matching))


def test_the_type_checker_is_told_what_is_true() -> None:
    block = next(node for node in ast.parse(Path(matching.__file__).read_text()).body if isinstance(node, ast.If))
    told = {
        (alias.name, statement.module)
        for statement in block.body
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    }
    assert told == set(matching._HOMES.items())
    assert {name for name, _ in told} == set(matching.__all__)


@pytest.mark.parametrize("name", TWINS)
@pytest.mark.parametrize(
    "before", ["pass", "import matching.{0}", "from matching.{0} import {0}", "import matching.pipeline, matching.{0}"]
)
def test_a_function_wins_over_the_module_of_its_name(name: str, before: str) -> None:
    after = f"from matching import {name}; import matching; print(callable({name}), matching.{name} is {name})"
    assert in_a_fresh_process(f"{before.format(name)}\n{after}") == "True True"


def test_an_import_alone_loads_no_scorer_and_no_tables() -> None:
    loaded = in_a_fresh_process("import sys, matching; print(*sys.modules)").split()
    assert [name for name in ("splink", "duckdb", "scipy", "numpy", "pyarrow") if name in loaded] == []


def test_a_process_that_standardises_loads_no_scorer() -> None:
    loaded = in_a_fresh_process("import sys; from matching import standardise; print(*sys.modules)").split()
    assert "pyarrow" in loaded
    assert [name for name in ("splink", "duckdb", "scipy", "networkx") if name in loaded] == []


def test_a_name_that_is_not_on_offer_is_an_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'guess_who'"):
        _ = matching.guess_who  # type: ignore[attr-defined]
