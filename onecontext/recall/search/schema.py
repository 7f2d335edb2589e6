"""The tables of the index. What they mean is here; who fills them is :mod:`.feed`.

Rule 1: a file of another :func:`fingerprint` is not read but made anew, so nothing is ever migrated: raise
        ``VERSION`` with any change of a table, of what is a document, or of :mod:`.terms`.
Rule 2: an index holds what branches tell now and nothing else, so scores do not depend on how it came about.

A *document* (``doc``) is a record, a section of main.md or a key of the metadata, once however many branches have it.
It lies in a *file*: a blob of git, or the pending log of a branch. Files stand in *chains*, in the order in which a
folder of history got them; a branch *tells* the first ``length`` files of a chain for each part of each folder that it
shows, so that branches which share a history share its rows.
"""

import sqlite3
import unicodedata

VERSION = 2

TOKENIZER = "porter unicode61 remove_diacritics 2 categories 'L* N* Co M*'"

TABLES = (
    "CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    # Names of agents, sessions and branches.
    "CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE)",
    # Each branch with the tip that was indexed, its tree, and the time of its commit in seconds since 1970.
    "CREATE TABLE branch (name TEXT PRIMARY KEY, tip TEXT NOT NULL, tree TEXT NOT NULL, at INTEGER NOT NULL)"
    " WITHOUT ROWID",
    # `blob` is the name of the git blob, of a pending log the name of its branch; `kind` is one of documents.Part;
    # `plain` its bytes where it is all as we write it (documents.Content), else 0.
    "CREATE TABLE file (id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, blob TEXT NOT NULL, plain INTEGER NOT NULL,"
    " UNIQUE (kind, blob))",
    "CREATE TABLE chain (chain INTEGER NOT NULL, position INTEGER NOT NULL, path TEXT NOT NULL, file INTEGER NOT NULL,"
    " PRIMARY KEY (chain, position)) WITHOUT ROWID",
    "CREATE INDEX chain_of_file ON chain (file)",
    # `object` is what the part was in git when this was written: the name of a tree or a blob.
    "CREATE TABLE told (branch TEXT NOT NULL, folder TEXT NOT NULL, kind INTEGER NOT NULL, object TEXT NOT NULL,"
    " chain INTEGER NOT NULL, length INTEGER NOT NULL, PRIMARY KEY (branch, folder, kind)) WITHOUT ROWID",
    "CREATE INDEX told_of_chain ON told (chain, length)",
    "CREATE INDEX told_of_folder ON told (folder, kind)",
    # `key` is 64 bits of a hash; `at` in microseconds since 1970; `start` and `size` are bytes of the file; `length`
    # counts the words indexed, `asks` says whether the text ends with a question: what the ranking goes by.
    "CREATE TABLE doc (id INTEGER PRIMARY KEY, key INTEGER NOT NULL UNIQUE, kind INTEGER NOT NULL,"
    " record TEXT NOT NULL, agent INTEGER NOT NULL, session INTEGER NOT NULL, origin INTEGER NOT NULL,"
    " at INTEGER NOT NULL, file INTEGER NOT NULL, start INTEGER NOT NULL, size INTEGER NOT NULL,"
    " length INTEGER NOT NULL, asks INTEGER NOT NULL)",
    "CREATE INDEX doc_of_agent ON doc (agent)",
    "CREATE INDEX doc_near ON doc (origin, session, at)",
    # Further files in which a document lies.
    "CREATE TABLE also (doc INTEGER NOT NULL, file INTEGER NOT NULL, start INTEGER NOT NULL, size INTEGER NOT NULL,"
    " PRIMARY KEY (doc, file)) WITHOUT ROWID",
    # Records of pending logs, which no blob holds, in their order.
    "CREATE TABLE kept (file INTEGER NOT NULL, position INTEGER NOT NULL, raw BLOB NOT NULL,"
    " PRIMARY KEY (file, position)) WITHOUT ROWID",
    # Pending logs as they were when they were read: store.marks.mark, in words.
    "CREATE TABLE looked (branch TEXT PRIMARY KEY, mark TEXT NOT NULL) WITHOUT ROWID",
    f'CREATE VIRTUAL TABLE words USING fts5(text, content="", tokenize="{TOKENIZER}")',
)
SHADOWS = frozenset({"words_data", "words_idx", "words_docsize", "words_config"})
"""Tables that FTS5 makes for `words`; how they look is its own."""

# FTS5 gathers so many bytes of postings before it writes a segment (its default is 1 MiB), and merges 16 segments of a
# level into one of the next, never in between: then what a milestone adds is small, and rarely more.
SETTINGS = (
    "INSERT INTO words (words, rank) VALUES ('hashsize', 16777216)",
    "INSERT INTO words (words, rank) VALUES ('automerge', 0)",
    "INSERT INTO words (words, rank) VALUES ('crisismerge', 16)",
)
# After it was filled: all in one segment, two levels above those to come, so that it is not merged with every 16th of
# them. That takes two segments to begin with, so one is made of a document that is taken out again.
SETTLING = (
    "INSERT INTO words (rowid, text) VALUES (0, 'settling')",
    "INSERT INTO words (words, rowid, text) VALUES ('delete', 0, 'settling')",
    "INSERT INTO words (words) VALUES ('optimize')",
    "VACUUM",
)


def fingerprint() -> str:
    """Return what an index depends on besides the memory: our version, and who cuts text into words."""
    return f"{VERSION} sqlite-{sqlite3.sqlite_version} unicode-{unicodedata.unidata_version}"
