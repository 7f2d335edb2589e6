"""What a thread needed once does not stay with the process, where the process is a command line."""

import ctypes
import subprocess
import sys
from pathlib import Path

import pytest

from teams.cli.heaps import keep_heaps_few

GLIBC = sys.platform == "linux" and hasattr(ctypes.CDLL(None), "gnu_get_libc_version")
# Each thread asks the C library for as much as Python takes from it for a long text, one after the other.
THREADS = """
import ctypes, os, re, sys, threading
from teams.cli.heaps import keep_heaps_few
{call}
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.fopen.restype = ctypes.c_void_p, ctypes.c_void_p
met = threading.Barrier(12)
def need():
    met.wait()
    libc.free(ctypes.c_void_p(libc.malloc(4096)))
    met.wait()
threads = [threading.Thread(target=need) for _ in range(12)]
for thread in threads: thread.start()
for thread in threads: thread.join()
file = libc.fopen(sys.argv[1].encode(), b"w")
libc.malloc_info(0, ctypes.c_void_p(file))
libc.fclose(ctypes.c_void_p(file))
"""


def heaps_of(folder: Path, call: str, **env: str) -> int:
    told = folder / "told.xml"
    subprocess.run(
        [sys.executable, "-c", THREADS.format(call=call), told],
        check=True,
        env={"PYTHONPATH": ":".join(sys.path), **env},
    )
    return told.read_text().count("<heap ")


@pytest.mark.skipif(not GLIBC, reason="only glibc has a heap for each thread")
def test_many_threads_share_two_heaps_and_what_the_person_set_stays(tmp_path: Path) -> None:
    assert heaps_of(tmp_path, "") > 2
    assert heaps_of(tmp_path, "assert keep_heaps_few(os.environ)") == 2
    assert heaps_of(tmp_path, "assert not keep_heaps_few(os.environ)", MALLOC_ARENA_MAX="3") == 3


def test_nothing_is_changed_where_there_is_no_such_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not keep_heaps_few({})
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert not keep_heaps_few({})
