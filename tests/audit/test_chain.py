"""An audit log tells when a line was changed, taken out, moved or added; many processes write one chain."""

import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph_service.audit import model, service
from graph_service.audit.service import NotWritten, append, entries, told, verify
from graph_service.settings import Settings

SECRET = b"a secret of the house"


def at(folder: Path) -> Settings:
    return Settings(data_dir=folder, secret="kept")  # type: ignore[arg-type]


def lines_of(count: int) -> list[bytes]:
    text, _ = model.link(SECRET, "acme", model.Head(), [told(f"GET /{n}", who="key:k") for n in range(count)])
    return text.splitlines(keepends=True)


def test_a_log_holds_together_however_it_was_written_in_parts() -> None:
    some = [told(f"GET /{n}", who="key:k") for n in range(6)]
    whole, head = model.link(SECRET, "acme", model.Head(), some)
    parts, middle = model.link(SECRET, "acme", model.Head(), some[:2])
    rest, end = model.link(SECRET, "acme", middle, some[2:])
    assert (parts + rest, end) == (whole, head)
    assert model.checked(SECRET, "acme", whole.splitlines(keepends=True)) == head


@settings(max_examples=100)
@given(st.data())
def test_any_change_but_a_cut_end_is_seen(data: st.DataObject) -> None:
    lines = lines_of(5)
    spoilt = list(lines)
    where = data.draw(st.integers(0, 3))
    match data.draw(st.sampled_from(["change", "take out", "swap", "repeat", "insert"])):
        case "change":
            byte = data.draw(st.integers(0, len(spoilt[where]) - 2))
            new = data.draw(st.integers(0, 255).filter(lambda one: one != spoilt[where][byte] and one != 10))
            spoilt[where] = spoilt[where][:byte] + bytes([new]) + spoilt[where][byte + 1 :]
        case "take out":
            del spoilt[where]
        case "swap":
            spoilt[where], spoilt[where + 1] = spoilt[where + 1], spoilt[where]
        case "repeat":
            spoilt.insert(where, spoilt[where])
        case "insert":
            spoilt.insert(where, lines_of(1)[0].replace(b"GET /0", b"GET /x"))
    with pytest.raises(model.Broken):
        model.checked(SECRET, "acme", spoilt)
    with pytest.raises(model.Broken):
        model.checked(SECRET, "another", lines)
    with pytest.raises(model.Broken):
        model.checked(b"stolen", "acme", lines)


def test_a_cut_end_is_seen_by_who_kept_the_seal(tmp_path: Path) -> None:
    where = at(tmp_path)
    append(where, "acme", [told(f"GET /{n}", who="key:k") for n in range(3)])
    head = verify(where, "acme").head
    assert verify(where, "acme", head=head).whole
    file = tmp_path / "audit" / "acme.jsonl"
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:-1]))
    assert verify(where, "acme").whole, "what is left holds together"
    cut = verify(where, "acme", head=head)
    assert (cut.whole, cut.entries) == (False, 2)
    assert "cut" in str(cut.problem)


def test_a_torn_line_is_dropped_by_the_next_writer(tmp_path: Path) -> None:
    where, file = at(tmp_path), tmp_path / "audit" / "acme.jsonl"
    append(where, "acme", [told("GET /1", who="key:k")])
    with file.open("ab") as torn:
        torn.write(b'{"n":2,"at":"2026')
    assert not verify(where, "acme").whole
    append(where, "acme", [told("GET /2", who="key:k")])
    assert (verify(where, "acme").whole, [one.what for one in entries(where, "acme", limit=9)]) == (
        True,
        ["GET /1", "GET /2"],
    )


def test_a_full_disk_is_said_and_leaves_the_log_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    where = at(tmp_path)
    append(where, "acme", [told("GET /1", who="key:k")])
    real = os.write

    def full(file: int, data: bytes) -> int:
        real(file, data[: len(data) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(service.os, "write", full)
    with pytest.raises(NotWritten, match="No space"):
        append(where, "acme", [told("GET /2", who="key:k")])
    monkeypatch.undo()
    assert (verify(where, "acme").whole, verify(where, "acme").entries) == (True, 1)


def _write_on(folder: Path, name: str, acknowledged: Path) -> None:
    for number in range(10_000):
        append(at(folder), "acme", [told(f"{name} {number}", who="key:k")])
        with acknowledged.open("a") as file:
            file.write(f"{name} {number}\n")
            file.flush()


def test_processes_that_are_killed_lose_nothing_they_acknowledged(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("fork")
    told_of = [tmp_path / f"acknowledged-{n}" for n in range(3)]
    writers = [spawn.Process(target=_write_on, args=(tmp_path, f"w{n}", file)) for n, file in enumerate(told_of)]
    for writer in writers:
        writer.start()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and not all(file.exists() and file.stat().st_size > 200 for file in told_of):
        time.sleep(0.02)
    for writer in writers:
        os.kill(writer.pid or 0, signal.SIGKILL)
        writer.join()
    append(at(tmp_path), "acme", [told("the end", who="cli:0")])
    verdict = verify(at(tmp_path), "acme")
    assert verdict.whole, verdict.problem
    held = {one.what for one in entries(at(tmp_path), "acme", limit=100_000)}
    promised = {line for file in told_of for line in file.read_text().splitlines()}
    assert len(promised) > 30
    assert promised <= held
