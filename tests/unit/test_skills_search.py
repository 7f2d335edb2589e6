"""Skills found by words: as they are written, mistyped, in one word, in any script; and any query is safe."""

import io
import json
import sqlite3
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.skills_search import RANKERS, quality, queries, tools
from onecontext.cli.main import main
from onecontext.errors import UsageError
from skills.format.skill import Skill
from skills.search.index import SkillIndex, TextIndex
from skills.search.stemming import stem
from skills.search.words import words
from tests.support.skills import skill_writer

ABOUT = {
    "pull-requests": "Open, review and merge pull requests of a repository.",
    "databases": "Query tables of PostgreSQL and SQLite, and migrate their schemas.",
    "screenshots": "Take a picture of a web page in a browser, or evaluate JavaScript in it.",
    "rechnungen": "Rechnungen prüfen und größere Beträge freigeben.",
    "図書館": "東京都の図書館で本を検索する",
    "spreadsheets": "Read and write cells, formulas and charts of a workbook.",
}


def _index(about: dict[str, str] = ABOUT) -> SkillIndex:
    return SkillIndex([Skill(name, text, Path("/nowhere") / name) for name, text in about.items()])


def _first(query: str) -> str:
    found = _index().search(query, 3)
    return found[0].skill.name if found else ""


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("merge a pull request", "pull-requests"),
        ("merging", "pull-requests"),
        ("pullrequest", "pull-requests"),
        ("PullRequests", "pull-requests"),
        ("reveiw", "pull-requests"),
        ("databse migratoin", "databases"),
        ("javascript", "screenshots"),
        ("evaluateJavaScript", "screenshots"),
        ("spreadsheet formulae", "spreadsheets"),
        ("groessere Betrage", "rechnungen"),
        ("PRUFEN", "rechnungen"),
        ("検索", "図書館"),
        ("図書", "図書館"),
    ],
)
def test_a_skill_is_found_by_its_words_however_they_are_written(query: str, name: str) -> None:
    assert _first(query) == name


def test_what_the_metadata_lists_as_tools_is_found_and_other_metadata_is_not() -> None:
    server = Skill("forge", "A code host.", Path("/x"), metadata={"tools": "merge_pull_request", "author": "Zebra"})
    index = SkillIndex([server, Skill("other", "Something else.", Path("/y"))])

    assert [hit.skill.name for hit in index.search("merge pull request")] == ["forge"]
    assert not [hit for hit in index.search("zebra") if hit.skill is server]


def test_the_best_come_first_and_no_more_than_asked_for() -> None:
    index = _index({"a": "merge files", "b": "merge files and merge branches", "c": "nothing of it"})

    found = index.search("merge branches", 1)

    assert [hit.skill.name for hit in found] == ["b"]
    assert [hit.skill.name for hit in index.search("merge branches", 9)] == ["b", "a"]
    assert index.search("merge branches", 9)[0].score > index.search("merge branches", 9)[1].score > 0


def test_equal_scores_are_ordered_by_name_and_stop_words_alone_still_find() -> None:
    index = _index({"b": "what it is", "a": "what it is"})

    assert [hit.skill.name for hit in index.search("what is it")] == ["a", "b"]


@pytest.mark.parametrize("k", [0, -1])
def test_a_number_below_one_is_refused(k: int) -> None:
    with pytest.raises(UsageError, match="cannot be found"):
        _index().search("merge", k)


@pytest.mark.parametrize("query", ["", "   ", "\0", "\ud800", '"', "NEAR( OR AND *", "^$", "--", "🙂", "a" * 100_000])
def test_no_query_is_an_error(query: str) -> None:
    assert isinstance(_index().search(query), list)


@given(st.text(max_size=200))
def test_any_text_can_be_asked_and_indexed(text: str) -> None:
    index = TextIndex([("one", text), (text, "two")])

    for number, score in index.search(text):
        assert number in (0, 1)
        assert score > 0


def test_nothing_is_found_among_no_skills() -> None:
    assert SkillIndex([]).search("anything") == []


def test_a_megabyte_of_query_costs_no_more_than_its_beginning() -> None:
    index = _index()
    started = time.process_time()

    index.search("merge " * 200_000)
    index.search("".join(f"w{n} " for n in range(200_000)))

    assert time.process_time() - started < 2


def test_endings_are_those_of_the_published_algorithm() -> None:
    """SQLite's FTS5 has Porter's stemmer: it is the referee, over all words of the tools."""
    known = sorted({word for text in tools().values() for word in text.lower().split() if word.isascii()})
    known = [word for word in known if word.isalpha() and 3 < len(word) < 40]
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE texts USING fts5(word, tokenize='porter ascii')")
    database.execute("CREATE VIRTUAL TABLE stems USING fts5vocab(texts, 'instance')")
    database.executemany("INSERT INTO texts(rowid, word) VALUES (?, ?)", enumerate(known))
    expected = dict(database.execute("SELECT doc, term FROM stems"))
    database.close()

    assert len(known) > 1000
    assert [(word, stem(word)) for n, word in enumerate(known) if stem(word) != expected[n]] == []


def test_words_are_the_same_for_a_text_and_a_query() -> None:
    assert words("get_file_contents") == words("getFileContents") == words("get file contents")
    assert words("Größe") == words("GRÖẞE")
    assert words("HTTPServer") == ["http", "server", "httpserver"]
    assert words("本を検索") == ["本を", "を検", "検索"]


def test_the_two_fused_find_more_than_each_alone() -> None:
    of = tools()
    texts = [(name.replace("/", " "), text[:1024]) for name, text in of.items()]
    kinds = queries(of)

    mean = {
        name: sum(quality(ranker(texts), asked[:100])[2] for asked in kinds.values()) / len(kinds)
        for name, ranker in RANKERS.items()
    }

    assert mean["fused"] > mean["BM25 alone"] + 0.05
    assert mean["fused"] > mean["n-grams alone"] + 0.05


def test_the_command_finds_and_says_when_there_is_nothing(tmp_path: Path) -> None:
    skill_writer(tmp_path)("project/.agents/skills", "pull-requests", "name: pull-requests\ndescription: Merge.\n")

    code, out, _ = _run(tmp_path, "search", "pul", "request", "--json")
    assert code == 0
    assert json.loads(out)["data"]["skills"][0]["name"] == "pull-requests"
    assert _run(tmp_path, "search", "merging", "-k", "1")[1] == "pull-requests  Merge.\n"
    code, out, err = _run(tmp_path, "search", "検索")
    assert (code, out) == (0, "")
    assert "skills has anything of that" in err
    assert _run(tmp_path, "search", "x", "--k", "0")[0] == 2


def _run(tmp_path: Path, *words: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    env = {"HOME": str(tmp_path / "home")}
    code = main(["skill", *words], env=env, cwd=tmp_path / "project", stdin=io.StringIO(), stdout=out, stderr=err)
    return code, out.getvalue(), err.getvalue()
