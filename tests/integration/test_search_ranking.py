"""A real memory is searched by what stands around a text; and the bench, on conversations of our own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from onecontext import Memory
from onecontext.memory.reading import settled
from onecontext.recall.search import Hit, search
from onecontext.recall.search.dense import Closeness
from tests.support.searching import found, made_anew

ROOT = Path(__file__).parents[2]
START = datetime(2026, 2, 3, 9, tzinfo=UTC)
TALK = [
    ("ada", "Which type do the prices have when they leave the parser?"),
    ("rex", "Floats, all of them, since the very beginning."),
    ("ada", "Great, thank you!"),
    ("rex", "I bought a new keyboard meanwhile, by the way."),
]


class Team:
    """Writes into one memory as several agents, a minute apart."""

    def __init__(self, folder: Path) -> None:
        self._times = self._minutes()
        self.memory = Memory.init(folder, durability="none", clock=lambda: next(self._times))

    def say(self, agent: str, text: str, session: str = "talk") -> str:
        """Write a step and return its id."""
        writer = Memory.open(
            self.memory.path, agent=agent, session=session, durability="none", clock=lambda: next(self._times)
        )
        return writer.step(text).id

    def find(self, query: str, **wanted: object) -> list[str]:
        """Return the texts of the hits, without their labels."""
        return [hit.text.removeprefix("Observation: ") for hit in self.hits(query, **wanted)]

    def hits(self, query: str, **wanted: object) -> list[Hit]:
        return search(self.memory.layout, query, now=START + timedelta(days=30), **wanted)  # type: ignore[arg-type]

    @staticmethod
    def _minutes() -> Iterator[datetime]:
        at = START
        while True:
            at += timedelta(minutes=1)
            yield at


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return Team(tmp_path)


def test_an_answer_is_found_by_the_words_of_its_question(team: Team) -> None:
    for agent, text in TALK:
        team.say(agent, text)

    assert TALK[1][1] in team.find("what type do prices have")[:2]
    assert team.find("what type do prices have", k=1000) == [text for _, text in (TALK[1], TALK[0], TALK[2])]


def test_what_stands_far_from_anything_found_is_no_hit(team: Team) -> None:
    for agent, text in TALK:
        team.say(agent, text)
    team.say("ada", "The weather is fine over here today.", session="another")

    assert "The weather is fine over here today." not in team.find("which type do the prices have")


def test_a_name_in_the_query_means_who_wrote_it(team: Team) -> None:
    team.say("ada", "The keyboard is loud, and I like it very much.", session="one")
    team.say("rex", "The keyboard is loud, and I like it very much, too.", session="two")

    assert team.hits("what does ada like about the keyboard?")[0].agent == "ada"
    assert team.hits("what does Rex's keyboard do?")[0].agent == "rex"


def test_a_name_that_says_who_is_not_looked_for_as_a_word(team: Team) -> None:
    team.say("ada", "The lantern is broken.", session="one")
    team.say("rex", "ada ada ada", session="two")

    assert team.find("ada lantern") == ["The lantern is broken."]


def test_words_that_many_texts_have_decide_between_those_that_have_the_rare_one(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("onecontext.recall.search.finding.MOST_ROWS", 3)
    for number in range(6):
        team.say("ada", f"a drawer of the number {number} is open", session=f"s{number}")
    team.say("ada", "the lantern is here and somewhere else besides, in the drawer", session="long")
    team.say("ada", "the lantern is here and somewhere else besides, in our house", session="other")

    assert team.find("lantern drawer")[0].endswith("in the drawer")
    assert len(team.find("lantern drawer")) == 2


def test_the_name_of_the_only_agent_is_a_word_like_any_other(team: Team) -> None:
    team.say("parser", "the parser reads a line", session="")
    team.say("parser", "the cart has a broken wheel", session="")

    assert set(team.find("broken parser")) == {"the parser reads a line", "the cart has a broken wheel"}


def test_names_alone_find_the_texts_that_have_them(team: Team) -> None:
    team.say("ada", "rex has the key", session="one")
    team.say("rex", "nothing to tell", session="two")

    assert team.find("what did rex do?") == ["rex has the key"]


def test_the_time_that_a_query_names_decides_between_equals(team: Team) -> None:
    early = team.say("ada", "the deployment failed with a timeout", session="one")
    team._times = iter([START + timedelta(days=29)])
    late = team.say("ada", "the deployment failed with a timeout", session="two")

    assert [hit.id for hit in team.hits("which deployment failed on 3 February 2026")] == [early, late]
    assert [hit.id for hit in team.hits("which deployment failed yesterday")] == [late, early]


def test_an_irregular_form_is_found(team: Team) -> None:
    for agent, text in TALK:
        team.say(agent, text)

    assert team.find("what did rex buy")[0] == TALK[3][1]


def test_a_neighbour_that_is_not_wanted_is_no_hit(team: Team) -> None:
    for agent, text in TALK:
        team.say(agent, text)

    assert {hit.agent for hit in team.hits("type of prices that leave the parser", agent="ada")} == {"ada"}
    asked = next(hit.at for hit in team.hits("type of prices") if TALK[0][1] in hit.text)
    assert team.find("type of prices", since=asked + timedelta(seconds=1)) == []


def test_what_has_no_session_comes_in_for_its_words_alone(team: Team) -> None:
    for agent, text in TALK:
        team.say(agent, text, session="")

    assert team.find("type of prices") == [TALK[0][1]]


def test_a_milestone_brings_the_steps_that_it_sums_up_and_no_others(team: Team) -> None:
    team.say("ada", "the weather was mentioned", session="")
    team.memory.commit("Something else is over.")
    reason = team.say("ada", "a server that comes back is asked by all at once, hence a pause that grows", session="")
    team.memory.commit("The sync tries again by itself.")
    for n in range(3):
        team.say("ada", f"{n} of them in one go", session="")
        team.memory.commit(f"The sync waits for {n} files at once, and goes on with the others after that.")

    hits = [hit.id for hit in search(settled(team.memory.layout), "why does the sync try again by itself", k=5)]

    assert reason in hits
    assert "the weather was mentioned" not in team.find("does the sync try again by itself", k=1000)


def test_the_order_is_the_same_from_an_index_made_anew(team: Team) -> None:
    for n in range(30):
        team.say("ada" if n % 2 else "rex", f"{TALK[n % 4][1]} {n // 4}", session=f"talk-{n // 10}")
        if n % 7 == 0:
            team.memory.commit(f"milestone {n}")

    hits = [(hit.id, hit.score) for hit in found(team.memory, "prices of the keyboard")]

    assert len(hits) > 10
    assert hits == [(hit.id, hit.score) for hit in made_anew(team.memory, "prices of the keyboard")]


def test_what_means_the_same_comes_first_where_vectors_are_handed_in(team: Team) -> None:
    team.say("ada", "the till of the shop has a drawer", session="one")
    best = team.say("ada", "the till, where somebody settles the bill of all that was taken", session="two")
    team.say("rex", "the till of the shop has no drawer", session="three")

    def buying(text: str) -> tuple[float, float]:
        return (1.0, 0.0) if "purchase" in text or "settles" in text else (0.0, 1.0)

    closeness = Closeness(lambda texts: [buying(text) for text in texts])

    assert team.hits("till for a purchase")[0].id != best
    assert team.hits("till for a purchase", closeness=closeness)[0].id == best
    assert team.memory.search("till for a purchase", embed=lambda texts: [*map(buying, texts)]).hits[0].id == best


def test_ours_finds_more_than_plain_fts5_on_conversations_of_our_own(tmp_path: Path) -> None:
    told = tmp_path / "means.json"

    ran = subprocess.run(
        [sys.executable, str(ROOT / "bench" / "recall.py"), "--json", str(told)],
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
    )

    assert ran.returncode == 0, ran.stderr
    means = json.loads(told.read_text())
    ours, plain = means["onecontext"], means["plain FTS5, porter"]
    assert ours["R@10"] > 0.8
    assert ours["R@10"] >= 1.25 * plain["R@10"]
    assert ours["MRR"] > plain["MRR"]
    assert ours["R 500 tok"] > plain["R 500 tok"]
