"""Searching as tests compare it: what the index says, and what one made anew says."""

import shutil
from pathlib import Path
from typing import Any

from onecontext import Memory
from onecontext.memory.reading import settled
from onecontext.recall.search import Hit, search

WORDS = ("step", "milestone", "roadmap", "fact", "onecontext/recall/pack.py", "決定", "two one main")


def found(memory: Memory, query: str, **wanted: Any) -> list[Hit]:
    """Return all hits of a search."""
    return search(settled(memory.layout), query, k=1000, **wanted)


def texts(memory: Memory, query: str, **wanted: Any) -> list[str]:
    """Return the texts of all hits."""
    return [hit.text for hit in found(memory, query, **wanted)]


def folder(memory: Memory) -> Path:
    """Return the folder of the index."""
    return memory.layout.search_folder()


def database(memory: Memory) -> Path:
    """Return the file of the index that counts."""
    return folder(memory) / f"{(folder(memory) / 'current').read_text()[:16]}.db"


def made_anew(memory: Memory, query: str, **wanted: Any) -> list[Hit]:
    """Return all hits of a search in an index made from git for it; the one that is there stays."""
    aside = folder(memory).with_name("aside")
    if folder(memory).exists():
        folder(memory).rename(aside)
    try:
        return found(memory, query, **wanted)
    finally:
        shutil.rmtree(folder(memory), ignore_errors=True)
        if aside.exists():
            aside.rename(folder(memory))
