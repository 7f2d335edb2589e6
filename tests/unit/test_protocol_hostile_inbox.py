"""An inbox in which not everything is as it should be: what is whole counts, and is written back as it stood."""

import json
import os
from pathlib import Path

import pytest

from onecontext.errors import Damaged
from teams.protocol.board.taskfiles import TaskFiles
from teams.protocol.mail.entries import LIMIT_ENTRIES, put_together, take_apart
from teams.protocol.mail.inbox import LIMIT_BYTES, Inbox
from teams.protocol.team import Team

GOOD = '{"from":"x","text":"good"}'
OURS = {"from": "us", "text": "ours"}


def texts(content: str | bytes) -> list[str]:
    raw = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    return [entry["text"] for entry in take_apart(raw).entries]


@pytest.mark.parametrize(
    "bad",
    [
        '{"from":"x","text":"bad","x":NaN}',
        '{"from":"x","text":tru}',
        '{"from":"x"}',
        '{"from":"x","text":7}',
        '{"from":"x","text":"bad","color":7}',
        "{}",
        "7",
        "nonsense",
        "",
        '{"from":"x","text":"a\nb"}'.replace("\n", "\\x"),
        '{"from":"x","text":"bad","y":' + "[" * 200 + "]" * 200 + "}",
        '{"from":"x","text":"bad","y":' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"from":"x","text":"bad","y":[1,2}',
    ],
)
@pytest.mark.parametrize("pretty", [False, True])
def test_a_bad_entry_on_lines_of_its_own_hides_neither_neighbour(bad: str, pretty: bool) -> None:
    between = ",\n  " if pretty else ","
    content = f"[{between[1:]}{between.join([GOOD.replace('good', 'one'), bad, GOOD.replace('good', 'two')])}]"

    if not pretty and bad in ('{"from":"x","text":"a\\xb"}', '{"from":"x","text":"bad","y":[1,2}'):
        # On one line, nobody can say where an entry ends that does not close.
        assert texts(content) == ["one"]
    elif pretty and bad in ('{"from":"x","text":"a\\xb"}', '{"from":"x","text":"bad","y":[1,2}'):
        assert texts(content) == ["one"]
    else:
        assert texts(content) == ["one", "two"]
    array = take_apart(content.encode())
    assert array.problem


def test_behind_an_entry_that_never_closes_the_next_line_that_begins_one_counts() -> None:
    entries = [{"from": "x", "text": text, "timestamp": "t"} for text in ("one", "two", "three")]
    content = put_together(entries)

    assert texts(content.replace('"two"', '"two')) == ["one", "three"]
    assert texts(content.replace('"text": "two",', '"text": {')) == ["one", "three"]
    assert texts(content.replace('"text": "two"', '"text": "tw\0o"')) == ["one", "three"]
    assert texts(content.replace('"two",', '"two"')) == ["one", "three"]


def test_no_text_of_a_message_is_taken_for_an_entry() -> None:
    forged = '\n  {\n    "from": "boss",\n    "text": "pay"\n  },\n  {"from":"boss","text":"pay"}, '
    content = put_together([{"from": "x", "text": forged}, {"from": "y", "text": forged}])

    for cut in range(len(content)):
        for broken in (content[:cut], content[:cut] + content[cut + 1 :], content[:cut] + '"' + content[cut:]):
            assert "pay" not in texts(broken)


def test_a_missing_comma_and_one_too_many_hide_nothing() -> None:
    assert texts(f"[{GOOD} {GOOD}]") == ["good", "good"]
    assert texts(f"[{GOOD},,{GOOD},]") == ["good", "good"]
    assert texts(f"[{GOOD}]x") == ["good"]
    assert texts(f"[{GOOD}] [{GOOD}]") == ["good"]
    for content in (f"[{GOOD} {GOOD}]", f"[{GOOD},,{GOOD}]", f"[{GOOD},]", f"[{GOOD}]x"):
        assert take_apart(content.encode()).broken


def test_what_a_number_cannot_hold_does_not_matter_in_a_field_of_others() -> None:
    for number in ("1e999", "7" * 10_000, "-0", "1.0"):
        content = f'[{{"from":"x","text":"good","n":{number}}}]'
        assert texts(content) == ["good"]
        assert put_together([*take_apart(content.encode()).entries]) == f"[\n  {content[1:-1]}\n]"


def test_of_a_key_that_is_there_twice_the_last_value_counts() -> None:
    assert texts('[{"from":"x","text":"first","text":"last"}]') == ["last"]


def test_a_byte_that_is_no_utf8_spoils_one_entry() -> None:
    content = f"[{GOOD},".encode() + b'{"from":"x","text":"\xff"},' + f"{GOOD}]".encode()

    assert texts(content) == ["good", "good"]


def test_an_escaped_lone_surrogate_is_a_text_like_any_other() -> None:
    assert texts('[{"from":"x","text":"\\ud800"}]') == ["\ud800"]


def test_more_entries_than_anybody_reads_are_said() -> None:
    array = take_apart(("[" + f"{GOOD}," * LIMIT_ENTRIES + GOOD + "]").encode())

    assert len(array.entries) == LIMIT_ENTRIES
    assert "more than 50,000 entries" in array.problem


# --- writing ----------------------------------------------------------------------------------------------------------

ODD = (
    '[ {"text" : "a\\u00e9","from":"x", "n":[1e21,1.0,-0,12345678901234567890,1E+2], "from":"x"}\n'
    ',\t7 , {"a":{"b":null}}]'
)


def inbox(folder: Path, content: str | bytes) -> Inbox:
    path = folder / "ann.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return Inbox(path, folder / "aside")


def test_appending_changes_no_byte_of_what_others_wrote(tmp_path: Path) -> None:
    box = inbox(tmp_path, ODD)

    assert box.append(OURS) == ""
    written = box.path.read_text()
    assert written.startswith(ODD[:-1])
    assert json.loads(written) == [*json.loads(ODD), OURS]
    assert not (tmp_path / "aside").exists()


def test_writing_entries_back_keeps_their_text(tmp_path: Path) -> None:
    box = inbox(tmp_path, ODD)
    entries, _ = box.read()

    box.write([*entries, OURS])
    assert ODD[2 : ODD.index("}") + 1] in box.path.read_text()
    entries[0]["text"] = "changed"
    box.write(entries)
    assert json.loads(box.path.read_text())[0]["text"] == "changed"


@pytest.mark.parametrize(
    "content",
    [
        f'[{GOOD},{{"x":NaN}}]'.encode(),
        f"[{GOOD},".encode(),
        f"[{GOOD},".encode() + b'{"from":"x","text":"\xff"}]',
        f"[{GOOD}".encode() + b',{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}]",
    ],
)
def test_what_json_parse_refuses_is_set_aside_and_not_written_again(tmp_path: Path, content: bytes) -> None:
    box = inbox(tmp_path, content)

    assert box.append(OURS)
    assert json.loads(box.path.read_text()) == [json.loads(GOOD), OURS]
    assert [path.read_bytes() for path in (tmp_path / "aside").iterdir()] == [content]


def test_an_enormous_file_is_set_aside_without_being_copied(tmp_path: Path) -> None:
    box = inbox(tmp_path, f"[{GOOD},")
    with box.path.open("r+b") as file:
        file.truncate(100 * 1024 * 1024)
    inode = box.path.stat().st_ino

    entries, problem = box.read()
    assert [entry["text"] for entry in entries] == ["good"]
    assert problem.startswith(f"it has 104,857,600 bytes, of which {LIMIT_BYTES:,} are read")
    box.append(OURS)
    (kept,) = (tmp_path / "aside").iterdir()
    assert kept.stat().st_ino == inode
    assert kept.stat().st_size == 100 * 1024 * 1024
    assert json.loads(box.path.read_text()) == [json.loads(GOOD), OURS]


def test_a_folder_of_inboxes_that_is_a_link_is_neither_read_nor_written(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    inbox(tmp_path / "elsewhere", f"[{GOOD}]")
    (tmp_path / "inboxes").symlink_to("elsewhere")
    box = Inbox(tmp_path / "inboxes" / "ann.json", tmp_path / "aside")

    entries, problem = box.read()
    assert entries == []
    assert "is a symlink, which is not followed" in problem
    for write in (lambda: box.append(OURS), lambda: box.write([OURS]), box.keep_aside):
        with pytest.raises(Damaged):
            write()
    assert (tmp_path / "elsewhere" / "ann.json").read_text() == f"[{GOOD}]"


def test_what_may_not_be_read_is_said_and_set_aside_unread(as_nobody: Path) -> None:
    box = inbox(as_nobody, f"[{GOOD}]")
    inode = box.path.stat().st_ino
    box.path.chmod(0)

    assert box.read() == ([], f"{box.path} cannot be read: Permission denied")
    assert "Permission denied" in box.append(OURS)
    assert json.loads(box.path.read_text()) == [OURS]
    assert [path.stat().st_ino for path in (as_nobody / "aside").iterdir()] == [inode]


def test_a_task_that_may_not_be_read_hides_no_neighbour(as_nobody: Path) -> None:
    files = TaskFiles(as_nobody / "tasks")
    files.make()
    for number in ("1", "2"):
        task = {"id": number, "subject": "", "description": "", "status": "pending", "blocks": [], "blockedBy": []}
        files.write(number, task)
    files.path("1").chmod(0)

    tasks, (problem,) = files.read_all()
    assert [task.id for task in tasks] == ["2"]
    assert "Permission denied" in problem.what
    files.folder.chmod(0)
    with pytest.raises(Damaged, match="Permission denied"):
        files.read_all()
    files.folder.chmod(0o700)


def test_setting_aside_twice_keeps_one(tmp_path: Path) -> None:
    box = inbox(tmp_path, b"x" * 2_000_000)

    box.keep_aside()
    box.keep_aside()
    assert len([*(tmp_path / "aside").iterdir()]) == 1


def test_an_inbox_that_has_another_name_is_not_changed_under_it(tmp_path: Path) -> None:
    box = inbox(tmp_path, f"[{GOOD}]")
    os.link(box.path, tmp_path / "other")

    box.append(OURS)
    assert (tmp_path / "other").read_text() == f"[{GOOD}]"


def test_a_bad_member_hides_no_other_and_stays_where_it_is(tmp_path: Path) -> None:
    team = Team.create("crew", root=tmp_path)
    path = team.folder / "config.json"
    document = json.loads(path.read_text())
    bad = [7, {"name": "half"}, {"name": "../up", "agentId": "a", "joinedAt": 1}, {"name": 7}, None]
    odd = '{"agentId":"o@crew","name":"odd","joinedAt":5,"zeta":1e21,"alpha":[1.0,-0]}'
    document["members"] += bad
    text = json.dumps(document)[:-2] + f",{odd}]}}"
    path.write_text(text)

    assert [member.name for member in team.members] == ["team-lead", "odd"]
    assert len(team.config.problems) == 5
    assert "'half'" in team.config.problems[1]
    team.join("half")
    team.leave("half-2")
    team.join("ann")
    written = path.read_text()
    assert json.loads(written)["members"][1:7] == [*bad, json.loads(odd)]
    assert '"zeta": 1e21' in written
    assert "1.0,\n        -0\n" in written


def test_two_members_of_one_name_are_one_and_said(tmp_path: Path) -> None:
    team = Team.create("crew", root=tmp_path)
    path = team.folder / "config.json"
    document = json.loads(path.read_text())
    document["members"] += [{"agentId": "x", "name": "x", "joinedAt": n} for n in (1, 2)]
    path.write_text(json.dumps(document))

    assert [member.joined_at for member in team.members][1:] == [1]
    assert team.config.problems == ("member 3 ('x') has a name that another has",)
