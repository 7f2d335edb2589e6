"""Packs and deltas that we write are read by git and by libgit2 as they were meant."""

import subprocess
from pathlib import Path

import pygit2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onecontext.store import deltas, packs
from onecontext.store.trees import object_name

_NOISE = bytes(range(256)) * 40


def _repository(folder: Path) -> pygit2.Repository:
    return pygit2.init_repository(str(folder), bare=True)


def _blob(content: bytes, base: packs.New | None = None) -> packs.New:
    name = object_name(b"blob", content)
    change = deltas.delta(base.content, content) if base else None
    if base is None or change is None:
        return packs.New(name, packs.BLOB, content)
    return packs.New(name, packs.BLOB, content, base.name, change)


@given(
    kept=st.binary(min_size=48, max_size=300),
    lost=st.binary(max_size=300),
    middle=st.binary(max_size=400),
    end=st.binary(max_size=200),
    times=st.sampled_from([1, 3, 500]),
)
def test_a_change_gives_back_the_content_whatever_it_is(
    tmp_path_factory: pytest.TempPathFactory, kept: bytes, lost: bytes, middle: bytes, end: bytes, times: int
) -> None:
    folder = tmp_path_factory.mktemp("pack")
    base = _blob(lost + kept * times + end)
    content = kept * times + middle + end
    changed = _blob(content, base if content != base.content else None)
    repository = _repository(folder)
    objects = list({new.name: new for new in (base, changed)}.values())

    pack = packs.write(folder / "objects" / "pack", objects, durable=False)

    assert repository[changed.name].data == changed.content
    assert repository[base.name].data == base.content
    assert set(packs.names_in((folder / "objects" / "pack" / f"{pack}.idx").read_bytes())) == {n.name for n in objects}


def test_a_rolling_file_costs_what_was_added() -> None:
    records = [f"record {n}: {n * 7919}\n".encode() * 20 for n in range(30)]

    change = deltas.delta(b"".join(records[:20]), b"".join(records[1:21]))

    assert change is not None
    assert len(change) < len(records[20]) + 60


def test_unlike_contents_have_no_change() -> None:
    assert deltas.delta(b"a" * 1000, b"b" * 1000) is None
    assert deltas.delta(b"", b"b" * 1000) is None
    assert deltas.delta(b"a" * 1000, b"") in (None, b"\xe8\x07\x00")


def test_git_finds_nothing_wrong_with_a_pack_of_ours(tmp_path: Path) -> None:
    _repository(tmp_path)
    objects = [_blob(_NOISE)]
    for n in range(60):
        objects.append(_blob(objects[-1].content[50:] + f"{n}".encode() * 30, objects[-1]))

    pack = packs.write(tmp_path / "objects" / "pack", objects, durable=True)

    index = tmp_path / "objects" / "pack" / f"{pack}.idx"
    for command in (["verify-pack", str(index)], ["fsck", "--strict"], ["cat-file", "-e", objects[-1].name]):
        done = subprocess.run(["git", "-C", str(tmp_path), *command], capture_output=True, text=True, check=False)
        assert (done.returncode, "error" in done.stderr) == (0, False), done.stderr
    assert packs.names_in(index.read_bytes()) == [new.name for new in objects]


@given(sizes=st.lists(st.integers(1, 6), min_size=1, max_size=5), text=st.binary(min_size=1, max_size=600))
def test_packs_put_one_behind_the_other_are_read_by_git(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], text: bytes
) -> None:
    folder = tmp_path_factory.mktemp("joined")
    repository = _repository(folder)
    place = folder / "objects" / "pack"
    made: dict[str, bytes] = {}
    names = []
    for number, size in enumerate(sizes):
        objects = [_blob(b"%d " % number + text * 5)]
        for n in range(size):
            objects.append(_blob(b"%d " % number + text * 5 + b"%d\n" % n * (n + 1), objects[-1]))
        objects = list({new.name: new for new in objects}.values())
        made |= {new.name: new.content for new in objects}
        names.append(packs.write(place, objects, durable=False))

    larger = packs.join(place, names)
    for name in set(names) - {larger}:
        (place / f"{name}.idx").unlink()
        (place / f"{name}.pack").unlink()

    assert {name: bytes(repository[name].data) for name in made} == made
    subprocess.run(["git", "verify-pack", str(place / f"{larger}.idx")], check=True, cwd=folder)


def test_packs_that_share_an_object_are_not_joined(tmp_path: Path) -> None:
    _repository(tmp_path)
    place = tmp_path / "objects" / "pack"
    one = packs.write(place, [_blob(b"a"), _blob(b"b")], durable=False)
    two = packs.write(place, [_blob(b"b"), _blob(b"c")], durable=False)

    assert packs.join(place, [one, two]) is None
    assert len(list(place.iterdir())) == 4


def test_a_pack_never_waits_for_its_index_under_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # `git gc` that begins in between would take it away, and with it what was acknowledged.
    folder, waited = tmp_path / "pack", []

    def looked(descriptor: int) -> None:
        waited.append(descriptor)
        names = {path.name for path in folder.iterdir()}
        assert {name for name in names if name.endswith(".pack")} == {
            name.replace(".idx", ".pack") for name in names if name.endswith(".idx")
        }

    monkeypatch.setattr("onecontext.store.packs.os.fsync", looked)

    one, two = (packs.write(folder, [_blob(content)], durable=True) for content in (b"one", b"two"))
    larger = packs.join(folder, [one, two])

    assert len(waited) >= 6
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        f"{name}.{end}" for name in (one, two, larger) for end in ("idx", "pack")
    )
