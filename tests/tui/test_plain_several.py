"""``--plain`` and ``--json --follow`` over several teams, as real processes: all are heard, and the worst counts."""

import json
import re
import shutil
import signal
from pathlib import Path

import pytest

from teams.engine.journal import Journal
from tests.tui.test_plain import Ran, monitor
from tests.tui.till import crossed, middle, whole
from tui.plain.endings import Endings
from tui.snapshot import TeamLine
from tui.sources.folder import JOURNAL

BOTH = ("--root", "shop/.onecontext", "--root", "cellar/.onecontext")


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """Two projects: in one a team is at work, in the other one of the same name, and one that is done."""
    middle().write(tmp_path / "shop" / ".onecontext" / "teams" / "till-1" / JOURNAL)
    middle().write(tmp_path / "cellar" / ".onecontext" / "teams" / "till-1" / JOURNAL)
    whole().write(tmp_path / "cellar" / ".onecontext" / "teams" / "stock" / JOURNAL)
    return tmp_path


def folder(town: Path, project: str, team: str) -> Path:
    return town / project / ".onecontext" / "teams" / team


def journal(town: Path, project: str, team: str = "till-1") -> Journal:
    path = folder(town, project, team) / "onecontext"
    path.mkdir(parents=True, exist_ok=True)
    return Journal(path, team=team)


def summarized(lines: list[str]) -> bool:
    return any(line.startswith("ATTENTION cellar/till-1") for line in lines) and any(
        line.startswith("ATTENTION shop/till-1") for line in lines
    )


def block(journal: Journal, why: str) -> None:
    journal.append("task.blocked", {"reason": why, "to": "blocked"}, agent="worker-2", task="2")


def test_every_team_is_heard_and_each_line_begins_with_its_name(town: Path) -> None:
    with monitor(town, "--plain", *BOTH) as ran:
        first = list(ran.until(summarized))
        block(journal(town, "shop"), "no disk")
        block(journal(town, "cellar"), "no light")
        told = ran.until(lambda lines: {"no disk", "no light"} <= {line[-8:].strip(": ") for line in lines})

    assert re.match(r"summary at \d\d:\d\d:\d\d, 3 teams$", first[0])
    assert [line.split()[0] for line in first[1:4]] == ["stock", "cellar/till-1", "shop/till-1"]
    assert "mission done; 3 of 3 tasks done" in first[1]
    assert "mission working, quiet; 1 of 3 tasks done" in first[3]
    assert first[3].endswith("goal: Make the suite pass and let the till print receipts")
    assert first[4:] == [f"ATTENTION {name} 2 things need a person: rejected #2, failed command #2" for name in (
        "cellar/till-1", "shop/till-1")]  # fmt: skip
    new = [line for line in told if "no " in line]
    for name, why in (("shop/till-1", "no disk"), ("cellar/till-1", "no light")):
        assert any(
            re.match(rf"ATTENTION {name} \d\d:\d\d:\d\d worker-2 blocked #2 fix-offers: {why}$", line) for line in new
        )
    assert not any("claims #1" in line for line in told)


def test_a_team_that_begins_and_one_that_goes_are_told_and_a_signal_asks_for_all(town: Path) -> None:
    with monitor(town, "--plain", *BOTH) as ran:
        ran.until(summarized)
        journal(town, "cellar", "crew").append("mission.started", {"goal": "count the bottles"})
        ran.until(lambda lines: any(re.match(r"crew \S+ mission: count the bottles", line) for line in lines))
        shutil.rmtree(folder(town, "shop", "till-1"))
        ran.until(lambda lines: any(line.startswith("ATTENTION till-1 is gone from ") for line in lines))
        shutil.rmtree(folder(town, "cellar", "stock"))
        ran.until(lambda lines: any(line.startswith("stock is gone from ") for line in lines))
        ran.process.send_signal(signal.SIGUSR1)
        ran.until(lambda lines: any(re.match(r"summary at .*, 2 teams", line) for line in lines))


def test_what_a_team_that_comes_back_did_before_is_not_told_as_news(town: Path) -> None:
    with monitor(town, "--plain", *BOTH) as ran:
        ran.until(summarized)
        (town / "shop").rename(town / "away")
        ran.until(lambda lines: any("it is gone: " in line for line in lines))
        (town / "away").rename(town / "shop")
        ran.until(lambda lines: any(re.match(r"(shop/)?till-1 is told from now on: mission w", line) for line in lines))
        block(journal(town, "shop"), "no disk")
        told = ran.until(lambda lines: any("no disk" in line for line in lines))

    assert not any("claims" in line for line in told)


def test_it_ends_when_all_have_ended_with_the_code_of_the_worst(town: Path) -> None:
    with monitor(town, "--plain", "--until-ended", *BOTH) as ran:
        ran.until(summarized)
        journal(town, "shop").append("mission.ended", {"ending": "blocked", "reason": "no disk"}, agent="lead")
        ran.until(lambda lines: any("mission blocked: no disk" in line for line in lines))
        assert ran.process.poll() is None
        journal(town, "cellar").append("mission.ended", {"ending": "done", "reason": ""}, agent="lead")
        ran.until(lambda lines: sum(line.startswith("summary at") for line in lines) == 2)
        assert ran.code() == 10


def test_a_document_a_line_names_its_team_and_tells_what_changed(town: Path) -> None:
    def told(ran: Ran, team: str, count: int) -> list[dict[str, object]]:
        def documents() -> list[dict[str, object]]:
            found = [json.loads(line)["data"] for line in ran.lines]
            return [one for one in found if f"{one['root']}/{one['team']}".endswith(team)]

        ran.until(lambda _: len(documents()) >= count)
        return documents()

    with monitor(town, "--json", "--follow", "--until-ended", *BOTH) as ran:
        for team in ("shop/.onecontext/till-1", "cellar/.onecontext/till-1", "cellar/.onecontext/stock"):
            assert told(ran, team, 1)[0]["phase"] in ("working", "done")
        block(journal(town, "shop"), "no disk")
        later = told(ran, "shop/.onecontext/till-1", 2)[-1]
        assert (later["attention"], later["needs"]) == (3, ["blocked #2", "rejected #2", "failed command #2"])
        shutil.rmtree(folder(town, "cellar", "stock"))
        assert told(ran, "stock", 2)[-1]["gone"] is True
        for project in ("shop", "cellar"):
            journal(town, project).append("mission.ended", {"ending": "done", "reason": ""}, agent="lead")
        assert ran.code() == 0
        assert len(told(ran, "cellar/.onecontext/till-1", 2)) == 2


def test_over_several_that_are_all_over_the_newest_of_each_root_counts_and_it_ends_at_once(tmp_path: Path) -> None:
    crossed().write(folder(tmp_path, "cellar", "old") / JOURNAL)
    whole().write(folder(tmp_path, "shop", "till-1") / JOURNAL)
    journal(tmp_path, "cellar", "old").append("mission.ended", {"ending": "infeasible", "reason": "x"}, agent="lead")

    with monitor(tmp_path, "--plain", "--until-ended", *BOTH) as ran:
        assert ran.code() == 10


WORKS = TeamLine("/a", "one", phase="working")


@pytest.mark.parametrize(
    ("then", "code"),
    [
        ([TeamLine("/a", "one", phase="done", over=True)], 0),
        ([TeamLine("/a", "one", phase="stopped", over=True)], 130),
        ([TeamLine("/a", "one", phase="done", over=True), TeamLine("/b", "two", phase="stopped", over=True)], 0),
        ([TeamLine("/a", "one", phase="working", trouble="the journal is damaged: line 3")], 5),
        ([], 1),
        ([TeamLine("/a", "one", phase="working")], None),
        ([TeamLine("/a", "one", phase="done", over=True, reading=True)], None),
        ([TeamLine("/a", "one", phase="done", over=True), TeamLine("/b", "new", phase="planning")], None),
    ],
)
def test_the_code_is_that_of_what_went_on(then: list[TeamLine], code: int | None) -> None:
    endings = Endings()

    assert endings.code([WORKS, TeamLine("/b", "two", phase="stopped", over=True)]) is None
    assert endings.code(then) == code


def test_a_stop_is_no_worse_than_a_block_and_damage_worse_than_both() -> None:
    def code(*ends: tuple[str, str]) -> int | None:
        endings = Endings()
        endings.code([TeamLine("/a", str(number), phase="working") for number in range(len(ends))])
        return endings.code(
            [
                TeamLine("/a", str(number), phase=phase, over=not trouble, trouble=trouble)
                for number, (phase, trouble) in enumerate(ends)
            ]
        )

    assert code(("done", ""), ("stopped", "")) == 130
    assert code(("stopped", ""), ("blocked", ""), ("done", "")) == 10
    assert code(("blocked", ""), ("working", "the journal is damaged: x")) == 5
