"""How many parcels does a match run link to who lives there, and how many wrongly?

    python -m bench.linking [SEED[:SIZE] ...]

Draws towns, matches them and derives homes as a match run does, without a graph; prints per town the share of parcels
that are linked and linked wrongly, what became of untraceable web sessions, and F1 of persons and households (15
persons at most).
"""

import argparse

import duckdb
import numpy as np
import pyarrow as pa

from bench.accuracy import household_f1, pairwise
from bench.sets import load_set
from graph_service.demo.model import draw_town
from graph_service.identity.run import answer
from graph_service.identity.run.grading import linking, untraceable
from graph_service.identity.run.reading import Rows
from matching import MatchResult, match

DEFAULT = ["7", "101", "102", "103", "104", "105"]


def main() -> None:
    """Draw, match, derive, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("towns", nargs="*", default=DEFAULT)
    for name in parser.parse_args().towns:
        print(f"{name:10} {figures(name)}", flush=True)


def figures(name: str) -> dict[str, float | None]:
    """The shares of one town, `SEED[:SIZE]`."""
    data = load_set(f"anytown:{name}")
    truth = draw_town(*map(int, name.split(":"))).truth
    result = match(data.records, data.fields)
    found, homes = derived(Rows(data.records, data.fields, pa.nulls(data.records.num_rows, pa.string()), ""), result)
    parcels, strangers = linking(found, homes, truth), untraceable(found, truth)
    return {
        "linked": parcels["linked"],
        "false": parcels["false"],
        "strangers_linked": strangers["linked"],
        "strangers_false": strangers["false"],
        "persons_f1": pairwise(result.persons, data.persons)["f1"],
        "households_f1": household_f1(data, result.persons, result.households),
    }


def derived(rows: Rows, result: MatchResult) -> tuple[pa.Table, pa.Table]:
    """The person and household of every row, and the residences, as a match run writes them."""
    persons = [f"p{number:08}" for number in range(int(result.persons.max()) + 1)]
    households = [f"h{number:08}" for number in range(int(np.max(result.households)) + 1)]
    with duckdb.connect(":memory:") as connection:
        answer.remembered(rows, result, answer.Named(persons, households), connection)
        found = connection.sql(
            "select source, record_id, person_id as person, household_id as household from rec order by row"
        ).to_arrow_table()
        return found, connection.sql("from new_residences").to_arrow_table()


if __name__ == "__main__":
    main()
