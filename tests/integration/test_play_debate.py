"""The shipped debate: equal proposals are one, the judge is no debater, rounds are bounded, dissent is kept."""

from pathlib import Path
from typing import Any

import pytest

from onecontext.api import Memory
from tests.support.missions import events_of, make_repository, write_script
from tests.support.plays import begun, play, says

QUESTION = "question=Tabs or blanks?"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repository", {"a.txt": "?\n"})


def task(agent: str, path: str, result: dict[str, Any]) -> Any:
    return says(agent, result, task=path)


def debate(*, revised: str = "Blanks!") -> list[Any]:
    """Ada and Cleo say the same in other words; Ben differs, and in the end says ``revised``."""
    first = {"ada": "Tabs.", "ben": "Blanks!", "cleo": "  tabs"}
    number = {"ada": 1, "ben": 2, "cleo": 3}
    talk: list[Any] = []
    for agent, proposal in first.items():
        n = number[agent]
        talk.append(task(agent, f"propose/{n}/argue", {"proposal": proposal, "why": f"{agent} likes it"}))
        other = "1" if agent == "ben" else "2"
        for round_ in (1, 2):
            criticism = {"critiques": [{"of": other, "text": f"{agent} objects"}]}
            talk.append(task(agent, f"rounds/{round_}/critique/{n}/criticise", criticism))
            final = revised if agent == "ben" else proposal
            talk.append(
                task(agent, f"rounds/{round_}/revise/{n}/answer", {"proposal": final, "why": f"{agent} stays with it"})
            )
    return talk


def judged(ranking: list[str]) -> Any:
    return says("judge", {"ranking": ranking, "reasons": "it was argued better"})


def test_the_dissent_is_kept_in_the_outputs_and_in_memory(repository: Path, tmp_path: Path) -> None:
    script = write_script(tmp_path, [*debate(), judged(["1", "2"])])

    ran = play(repository, "debate", QUESTION, script=script)

    assert ran.code == 0, ran.stderr
    outputs = ran.data["outputs"]
    assert (outputs["decision"], outputs["by"]) == ("Tabs.", ["ada", "cleo"])
    assert outputs["dissent"] == [{"by": ["ben"], "proposal": "Blanks!", "why": "ben stays with it"}]
    assert outputs["rounds"] == 1, "nobody changed anything, so there is nothing more to say"
    remembered = Memory.open(repository).milestones(limit=1)[0].contribution
    assert "Decided: Tabs." in remembered
    assert "Blanks!" in remembered


def test_who_is_persuaded_ends_the_rounds(repository: Path, tmp_path: Path) -> None:
    script = write_script(tmp_path, [*debate(revised="TABS"), judged(["1"])])

    ran = play(repository, "debate", QUESTION, script=script)

    assert ran.code == 0, ran.stderr
    assert ran.data["outputs"]["by"] == ["ada", "ben", "cleo"]
    assert ran.data["outputs"]["dissent"] == []


def test_where_all_propose_the_same_there_is_no_round(repository: Path, tmp_path: Path) -> None:
    talk = [says(agent, {"proposal": "Tabs", "why": "so"}) for agent in ("ada", "ben", "cleo")]
    script = write_script(tmp_path, [*talk, judged(["1"])])

    ran = play(repository, "debate", QUESTION, script=script)

    assert ran.code == 0, ran.stderr
    assert ran.data["outputs"]["rounds"] == 0
    assert ran.data["outputs"]["decision"] == "Tabs"
    assert not [path for path in begun(repository) if path.startswith("rounds")]


def test_rounds_end_at_their_bound(repository: Path, tmp_path: Path) -> None:
    talk = [one for one in debate() if not (one["agent"] == "ben" and "revise" in one["task"])]
    talk += [
        task("ben", f"rounds/{n}/revise/2/answer", {"proposal": f"Blanks, {n}", "why": "a new word"}) for n in (1, 2, 3)
    ]
    script = write_script(tmp_path, [*talk, judged(["2", "1"])])

    ran = play(repository, "debate", QUESTION, "rounds=2", script=script)

    assert ran.code == 0, ran.stderr
    assert ran.data["outputs"]["rounds"] == 2
    assert ran.data["outputs"]["decision"] == "Blanks, 2"


def test_a_debater_cannot_be_the_judge(repository: Path, tmp_path: Path) -> None:
    script = write_script(tmp_path, [*debate(), judged(["1", "2"])])

    ran = play(repository, "debate", QUESTION, "judge=ben", script=script)

    assert ran.code == 2
    assert "ben is a debater" in ran.stderr
    assert not (repository / ".onecontext").exists(), "nothing was made"


def test_a_judge_that_had_a_part_is_refused_whatever_the_playbook_requires(repository: Path, tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "teams/playbook/shipped/debate.yaml").read_text()
    loose = tmp_path / "loose.yaml"
    loose.write_text(text.replace("that: inputs.judge not in inputs.debaters", "that: 1 == 1"))
    script = write_script(tmp_path, [*debate(), says("ben", {"ranking": ["1", "2"], "reasons": "mine"})])

    ran = play(repository, str(loose), QUESTION, "judge=ben", script=script)

    assert ran.code == 10
    assert "ben had a part in propose" in ran.data["reason"]


def test_a_ranking_that_leaves_one_out_is_sent_back_to_the_judge(repository: Path, tmp_path: Path) -> None:
    half = {"ranking": ["1"], "reasons": "lazy"}
    whole = {"ranking": ["1", "2"], "reasons": "thorough"}
    script = write_script(tmp_path, [*debate(), says("judge", half, whole)])

    ran = play(repository, "debate", QUESTION, script=script)

    assert ran.code == 0, ran.stderr
    assert ran.data["outputs"]["reasons"] == "thorough"
    told = [event.data["output"] for event in events_of(repository, "tool.result") if not event.data["ok"]]
    assert any("rank each of these once: 1, 2" in text for text in told)
