"""What the command line shows a person: tables, pairs, progress on stderr."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import orjson
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from graph_service.errors import BadInput

out = Console(soft_wrap=True, highlight=False)
WIDEST = 10_000  # columns of a file or a pipe, which wrap nothing
err = Console(stderr=True, highlight=False)


def pairs(answer: Any) -> None:
    """Names and values, nested ones indented."""
    for line in _lines(answer, 0):
        print(line)


def table(rows: Sequence[dict[str, Any]]) -> None:
    """Rows as a table; says so when there are none."""
    if not rows:
        print("none")
        return
    shown = Table(box=None, pad_edge=False)
    for name in rows[0]:
        shown.add_column(name, overflow="fold")  # an id that is cut cannot be pasted
    for row in rows:
        shown.add_row(*(Text(_short(value)) for value in row.values()))
    (out if out.is_terminal else Console(highlight=False, width=WIDEST)).print(shown)


def given(words: Sequence[str]) -> dict[str, Any]:
    """`key=value` words as parameters; a value that is JSON is read as such. Raises BadInput."""
    found: dict[str, Any] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            raise BadInput(f"'{word}' is no parameter: write key=value.")
        try:
            found[key] = orjson.loads(value)
        except orjson.JSONDecodeError:
            found[key] = value
    return found


def ingest_report(report: dict[str, Any]) -> None:
    """What became of every row, and the mapping where it was guessed."""
    counts = ["read", "new", "changed", "unchanged", "replaced", "quarantined", "identifiers"]
    counts += [name for name in ("erased", "withdrawn") if report[name]]
    print(
        f"{report['source']}: " + ", ".join(f"{report[name]:,} {name}" for name in counts) + f"; {report['seconds']} s"
    )
    for notice in report["notices"]:
        print(f"  note: {notice}")
    if report["guessed"]:
        print("  The columns were guessed (--save-map FILE keeps this to edit, --map FILE uses it):")
        print("\n".join(f"    {line}" for line in report["mapping"].splitlines()))


def match_report(report: dict[str, Any]) -> None:
    """What the run made, and how long each stage took."""
    counts = report["counts"]
    print(f"run {report['run_id']}: {counts['records']:,} records, {counts['persons']:,} persons, "
          f"{counts['households']:,} households, {counts['matches']:,} matches")  # fmt: skip
    print(f"  {counts['persons_minted']:,} persons new, {counts['persons_merged']:,} merged, "
          f"{counts['persons_split']:,} split; {counts['quarantined']:,} set aside")  # fmt: skip
    print("  seconds: " + ", ".join(f"{stage} {seconds}" for stage, seconds in report["seconds"].items()))
    confidence(report["card"]["confidence"])


def plan(said: dict[str, Any]) -> None:
    """What a match run would change: ids first, then household by household with the weakest join behind each."""
    counts = said["counts"]
    print(f"{counts['persons_minted']:,} persons would be gained, {counts['persons_merged']:,} merged, "
          f"{counts['persons_split']:,} split; {len(said['households']):,} households would change; "
          f"nothing was written")  # fmt: skip
    table([{"what": one["kind"], "id": one["subject"], "with": ", ".join(one["others"])} for one in said["changes"]])
    print()
    rows = []
    for home in said["households"]:
        persons = f"{home['persons_before']} -> {home['persons_after']}"
        shown = ", ".join(row["row"] for row in home["rows"][:3]) + (" ..." if home["rows_changed"] > 3 else "")
        join = next((f"{one['left']} = {one['right']} {one['weight']:.1f}" for one in home["evidence"]), "")
        rows.append({"household": home["household_id"], "persons": persons, "rows that move": shown, "joined": join})
    table(rows)


def confidence(told: dict[str, Any]) -> None:
    """How right the matcher expects its persons to be, and where it doubts."""
    shown = (f"{name} {told[name]['expected']:.3f} ({told[name]['low']:.3f} to {told[name]['high']:.3f})"
             for name in ("precision", "recall", "f1"))  # fmt: skip
    pairs = told["pairs"]
    print("  expected, without truth: " + ", ".join(shown))
    print(f"  of {pairs['made']:,} pairs made {pairs['wrong']:,.0f} may be wrong; {pairs['missed']:,.0f} may be missed")
    for kind, doubtful in told["doubt"].items():
        worst = sorted(doubtful, key=lambda row: -(row["wrong"] + row["missed"]))[:3]
        listed = (f"{next(iter(row.values()))} {row['wrong']:,.0f} / {row['missed']:,.0f}" for row in worst)
        if worst:
            print(f"  most doubt by {kind} (wrong / missed): " + ", ".join(listed))


def grades(report: dict[str, Any]) -> None:
    """Precision, recall and F1 of persons and households."""
    rows = []
    for kind in ("persons", "households"):
        found = report.get(kind)
        if found:
            scores = {name: f"{found[name]:.4f}" for name in ("precision", "recall", "f1")}
            cubed = f"{found['bcubed']['f1']:.4f}"
            rows.append({"of": kind, **scores, "bcubed f1": cubed, "largest": found["largest_cluster"]})
    table(rows)
    if parcels := report.get("parcels"):
        print(f"parcels: {parcels['parcels']:,} with a known resident household, "
              f"link rate {_rate(parcels['linked'])}, false links {_rate(parcels['false'])}")  # fmt: skip
    if rows_of := report.get("untraceable"):
        print(f"rows that carry nothing to be traced by: {rows_of['rows']:,}, linked {_rate(rows_of['linked'])}, "
              f"linked wrongly {_rate(rows_of['false'])}, left alone {_rate(rows_of['alone'])}")  # fmt: skip


def _rate(share: float | None) -> str:
    return "-" if share is None else f"{share:.4f}"


def credit(answer: dict[str, Any]) -> None:
    """What each channel and play earned: a bar to the share, and over it the interval."""
    print(f"{answer['storm_id']}, {answer['zip'] or 'every ZIP'}, as of {answer['as_of']}: "
          f"{answer['conversions']:,.0f} conversions worth {answer['value']:,.0f} USD")  # fmt: skip
    print(f"{answer['method']}: {answer['estimand']}")
    for by in ("channel", "play"):
        rows = sorted((row for row in answer["earned"] if row["by"] == by), key=lambda row: -row["share"])
        most = max([row["share_interval"][1] for row in rows] or [1.0]) or 1.0
        shown = [
            {
                by: row["name"],
                "share": f"{row['share']:.1%}",
                "90 % interval": "{:.1%} to {:.1%}".format(*row["share_interval"]),
                "": _bar(row["share"] / most, *(end / most for end in row["share_interval"])),
                "conversions": f"{row['conversions']:,.1f}",
                "value, USD": f"{row['value']:,.0f}",
            }
            for row in rows
        ]
        if shown:
            print()
            table(shown)
    print("\n" + ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in answer["counts"].items()))
    print(f"The intervals are a {answer['leaves_out']}.")


def _bar(share: float, low: float, high: float, width: int = 32) -> str:
    """A bar to the share; light shade where the interval lies under it, a line where it goes on."""
    end, first, last = (round(part * width) for part in (share, low, high))
    return "".join(
        ("▒" if place >= first else "█") if place < end else "─" if place < last else " " for place in range(width)
    )


def at_a_terminal() -> bool:
    """Is there somebody to ask?"""
    return sys.stdin.isatty()


def ask_pair(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """Show two rows side by side and ask whether they are one person: y, n, s (skip) or q (quit)."""
    shown = Table(box=None, pad_edge=False, title="Are these two rows about one person?", title_justify="left")
    for name in ("", "one", "other", ""):
        shown.add_column(name, overflow="fold")
    for name in dict.fromkeys([*one, *other]):
        values = [one.get(name), other.get(name)]
        if any(values) and name != "record_id":
            same = "=" if values[0] == values[1] else ""
            shown.add_row(Text(name), *(Text(str(value or "-")) for value in values), Text(same))
    err.print(shown)
    answer = ""
    while answer not in {"y", "n", "s", "q"}:
        try:
            answer = err.input("y same person, n not, s skip, q quit: ").strip().lower()[:1]
        except EOFError:  # nobody answers any more
            return "q"
    return answer


def sample_report(report: dict[str, Any]) -> None:
    """What the answers on a sample say of all pairs."""
    rows = []
    for name in ("precision", "recall", "f1"):
        figures = report[name]
        rows.append({"of all pairs": name, **{k: "-" if v is None else f"{v:.4f}" for k, v in figures.items()}})
    table(rows)
    print(f"{report['answers']:,} of {report['pairs_drawn']:,} pairs answered, {report['skipped']:,} skipped, "
          f"{report['open']:,} open; their strata hold {report['covered']:.1%} of the pairs.")  # fmt: skip
    print("Recall is among pairs that a match, a person or a household brought together.")
    table(report["strata"])
    print(f"Sample and answers: {report['file']}")


def stage_line(stage: str, rows: int, seconds: float) -> None:
    """One line of the guided run."""
    err.print(f"  {stage:<34}{rows:>12,} rows{seconds:>9.1f} s")


def demo_report(report: dict[str, Any]) -> None:
    """The accuracy beside the peers', and commands that work when pasted."""
    print()
    table(report["accuracy"])
    print("\nCredit of the storm against what its simulator knows; they answer different questions, see each estimand:")
    table(report["credit"])
    print("\nTry:")
    for command in report["commands"]:
        print(f"  {command}")


@contextmanager
def counting(what: str) -> Iterator[Callable[[str, int], None]]:
    """A line on stderr that counts rows as they come."""
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=err) as bar:
        task = bar.add_task(what, total=None)
        yield lambda name, rows: bar.update(task, description=f"{what}: {rows:,} rows of {name}")


@contextmanager
def staged(what: str) -> Iterator[Callable[[str, float], None]]:
    """A bar on stderr that shows which stage a job is in."""
    columns = SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=err) as bar:
        task = bar.add_task(what, total=1.0)
        yield lambda stage, done: bar.update(task, description=f"{what}: {stage}", completed=done)


def _lines(answer: Any, depth: int) -> Iterator[str]:
    pad = "  " * depth
    if isinstance(answer, dict):
        for name, value in answer.items():
            if isinstance(value, dict | list) and value:
                yield f"{pad}{name}:"
                yield from _lines(value, depth + 1)
            else:
                yield f"{pad}{name}: {_short(value)}"
    elif isinstance(answer, list):
        for item in answer:
            if isinstance(item, dict):
                yield f"{pad}- " + ", ".join(f"{name} {_short(value)}" for name, value in item.items())
            else:
                yield f"{pad}- {_short(item)}"
    else:
        yield f"{pad}{answer}"


def _short(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, dict | list):
        return orjson.dumps(value, default=str).decode()
    return str(value)
