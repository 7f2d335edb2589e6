"""Values on a real disk: what is kept and how it is found, what is hostile there, and how large it may be."""

import os
import resource
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from onecontext import Memory
from onecontext.errors import AmbiguousRevision, Damaged, UnknownVariable, UsageError
from onecontext.variables import intake
from onecontext.variables.variables import Variables, begin
from tests.support.memory import git, new_memory

KEY = "sk-ant-api03-" + "aB3" * 20
MIB = 1 << 20


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return new_memory(tmp_path)


@pytest.fixture
def variables(memory: Memory) -> Variables:
    return memory.variables


def folder_of(memory: Memory) -> Path:
    return memory.path / ".git" / "onecontext" / "ctx"


def test_the_same_text_has_the_same_handle_however_it_comes(
    memory: Memory, variables: Variables, tmp_path: Path
) -> None:
    file = tmp_path / "log.txt"
    file.write_text("one\ntwo\n")

    by_text, by_file = variables.put("one\ntwo\n"), variables.put_file(file)
    with file.open("rb") as stream:
        by_stream = variables.put_stream(stream)
    with begin(variables) as draft:
        for byte in file.read_bytes():
            draft.feed(bytes([byte]))
        piecewise = draft.finish()

    assert by_text == by_file == by_stream == piecewise
    assert len(variables.list()) == 1
    # It outlives the process that put it: another handle on the memory has it.
    assert Memory.open(memory.path).variables.head(by_text.handle).text == "one\ntwo\n"


def test_what_is_kept_is_for_its_owner_and_no_part_of_the_history(memory: Memory, variables: Variables) -> None:
    kept = variables.put("text\n")

    path = folder_of(memory) / kept.id
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder_of(memory).stat().st_mode) == 0o700
    assert git(memory.path, "status", "--porcelain") == ""


def test_a_secret_never_reaches_the_disk(memory: Memory, variables: Variables, tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text(f"{'x' * 100}\nKEY={KEY}\n" * 3)

    kept = variables.put_file(file)

    assert kept.redacted == 3
    assert "[redacted:anthropic-key]" in variables.slice(kept.handle).text
    assert not [path for path in folder_of(memory).iterdir() if b"aB3aB3" in path.read_bytes()]


def test_bytes_that_are_no_text_are_replaced_and_counted(variables: Variables, tmp_path: Path) -> None:
    file = tmp_path / "binary"
    file.write_bytes(b"a\xff\xfeb\x00\r\n" + "é\ufffd".encode() + b"\xe2\x82")

    kept = variables.put_file(file)

    assert variables.slice(kept.handle).text == "a\ufffd\ufffdb\x00\r\né\ufffd\ufffd"
    assert kept.replaced == 3
    assert variables.put("half \ud800").characters == 6


def test_a_beginning_that_only_one_has_is_enough(variables: Variables) -> None:
    kept = [variables.put(str(n)) for n in range(300)]
    shared = sorted({one.id[:4] for one in kept if sum(other.id.startswith(one.id[:4]) for other in kept) == 1})

    assert variables.head(f"ctx:{shared[0]}").total >= 1
    assert variables.head(kept[7].id).text == "7"
    assert variables.head(f" {kept[7].handle}\n").text == "7"
    with pytest.raises(UnknownVariable, match="there is no ctx:"):
        variables.head("ctx:" + "0" * 64)
    for wrong in ("", "ctx:", "ctx:abc", "ctx:ABCD", "ctx:../../../etc", "0" * 65, "ctx:abcg"):
        with pytest.raises(UsageError, match="is no handle"):
            variables.head(wrong)


def test_several_that_begin_so_are_named(memory: Memory, variables: Variables) -> None:
    kept = variables.put("text")
    other = kept.id[:6] + "".join("0" if digit != "0" else "1" for digit in kept.id[6:])
    (folder_of(memory) / other).write_text("another")

    with pytest.raises(AmbiguousRevision) as caught:
        variables.head(kept.id[:6])

    assert caught.value.candidates == tuple(sorted(f"ctx:{one[:24]}" for one in (kept.id, other)))


@pytest.mark.parametrize("changed", [b"another\n", b"tex", b"text\n\n", b"", b"\xff\xff\xff\xff\n"])
def test_what_was_changed_on_disk_is_damage_and_no_text(memory: Memory, variables: Variables, changed: bytes) -> None:
    kept = variables.put("text\n")
    (folder_of(memory) / kept.id).write_bytes(changed)

    for read in (
        lambda: variables.head(kept.handle),
        lambda: variables.lines(kept.handle),
        lambda: variables.grep(kept.handle, "."),
        lambda: variables.count(kept.handle),
    ):
        with pytest.raises(Damaged, match="was changed on disk"):
            read()
    assert variables.put("text\n") == kept
    assert variables.head(kept.handle).text == "text\n"


def test_links_and_pipes_in_its_place_are_not_followed(memory: Memory, variables: Variables, tmp_path: Path) -> None:
    kept = variables.put("text\n")
    path = folder_of(memory) / kept.id
    (tmp_path / "same").write_text("text\n")

    path.unlink()
    path.symlink_to(tmp_path / "same")
    with pytest.raises(Damaged, match="symlink"):
        variables.head(kept.id)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(Damaged, match="not a regular file"):
        variables.head(kept.id)
    assert variables.list() == []
    # Whoever has the text heals it, and what the link led to is as it was.
    path.unlink()
    path.symlink_to(tmp_path / "same")
    assert variables.put("text\n") == kept
    assert not path.is_symlink()


def test_a_folder_that_leads_out_of_the_memory_is_refused(memory: Memory, variables: Variables, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    folder_of(memory).symlink_to(tmp_path / "elsewhere")

    for do in (lambda: variables.put("text"), variables.list, lambda: variables.head("ctx:0000")):
        with pytest.raises(Damaged, match="not followed"):
            do()
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_only_regular_files_are_put(variables: Variables, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    for wrong in (tmp_path / "pipe", tmp_path, tmp_path / "missing"):
        with pytest.raises(UsageError):
            variables.put_file(wrong)
    with pytest.raises(UsageError, match="must be text"):
        variables.put(b"bytes")  # type: ignore[arg-type]


def test_a_value_has_a_limit_and_nothing_is_left_of_what_is_over_it(
    memory: Memory, variables: Variables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "LIMIT_BYTES", 1000)

    with pytest.raises(UsageError, match="a value may have"):
        variables.put("x" * 1001)

    assert list(folder_of(memory).iterdir()) == []
    assert variables.put("x" * 1000).size_bytes == 1000


def test_all_values_together_have_a_quota(
    memory: Memory, variables: Variables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "QUOTA_BYTES", 1000)
    first = variables.put("a" * 600)

    with pytest.raises(
        UsageError, match="have 600 bytes, and with these 401 they would have more than the 1,000"
    ) as said:
        variables.put("b" * 401)

    assert "ctx collect --dry-run" in said.value.hint
    assert [path.name for path in folder_of(memory).iterdir()] == [first.id]
    # What is there already takes no more room, and what fits is kept to the last byte.
    assert variables.put("a" * 600) == first
    variables.put("b" * 400)
    with pytest.raises(UsageError, match="have 1,000 bytes"):
        variables.put("c")


def test_what_is_collected_makes_room_again(
    memory: Memory, variables: Variables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "QUOTA_BYTES", 1000)
    old = variables.put("a" * 1000)
    os.utime(folder_of(memory) / old.id, (0, 0))

    assert [kept.id for kept in variables.collect().removed] == [old.id]

    assert variables.put("b" * 1000).size_bytes == 1000


def test_however_many_are_put_at_once_the_quota_holds(
    memory: Memory, variables: Variables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "QUOTA_BYTES", 1000)

    def put(number: int) -> bool:
        try:
            Memory.open(memory.path).variables.put(f"{number:>100}")
        except UsageError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        kept = list(pool.map(put, range(24)))

    assert sum(kept) == len(variables.list()) == 10


@pytest.mark.timeout(600)
def test_a_hundred_megabytes_go_in_and_are_looked_at_in_bounded_memory(variables: Variables, tmp_path: Path) -> None:
    file, line = tmp_path / "big.log", "2026-01-01 12:00:00 INFO worker {:>9} did what it does, and it took 3 ms\n"
    with file.open("w") as out:
        for start in range(0, 1_450_000, 10_000):
            out.write("".join(line.format(n) for n in range(start, start + 10_000)))
    assert file.stat().st_size > 100 * 1000 * 1000
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.monotonic()

    kept = variables.put_file(file)
    found = variables.grep(kept.handle, r"worker +1234567\b", context=1)
    tail = variables.lines(kept.handle, 1_450_000)
    size = variables.count(kept.handle, pattern="99 did")

    assert time.monotonic() - began < 500
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib) * 1024 < 90 * MIB
    assert [one.number for one in found.lines] == [1_234_567, 1_234_568, 1_234_569]
    assert tail.text == line.format(1_449_999)
    assert (size.lines, size.matches) == (1_450_000, 14_500)
