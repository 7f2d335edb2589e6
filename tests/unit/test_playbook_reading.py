"""Playbooks as files: what is read, and what is wrong told with file and line."""

from pathlib import Path

import pytest

from onecontext.errors import InvalidDocument, NewerFormat, UsageError
from teams.playbook.document import Playbook
from teams.playbook.inputs import inputs_of
from teams.playbook.reading import LIMIT_BYTES, BadPlaybook, load_playbook, parse_playbook
from teams.playbook.shelf import find_playbook, playbooks
from teams.playbook.types import fit, of_text

HEAD = "version: 1\nname: x\ndescription: y\n"


def problems(text: str) -> list[str]:
    with pytest.raises(BadPlaybook) as caught:
        parse_playbook(text, source="f.yaml")
    return list(caught.value.problems)


def test_a_cycle_is_refused_with_its_path() -> None:
    text = HEAD + (
        "steps:\n  a: {needs: [c], set: {x: '1'}}\n  b: {set: {x: '{{ steps.a.outputs.x }}'}}\n"
        "  c:\n    loop: {max_rounds: 1, until: 'true', steps: {d: {when: steps.b.outcome, set: {x: '1'}}}}\n"
    )

    assert problems(text) == ["f.yaml:5: steps.a: these steps wait for each other: a → c → b → a"]


def test_a_step_that_waits_for_what_it_is_in_is_a_cycle() -> None:
    text = HEAD + "steps:\n  a:\n    parallel: {steps: {b: {set: {x: '{{ steps.a.outputs }}'}}}}\n"

    assert problems(text) == ["f.yaml:5: steps.a: these steps wait for each other: a → a"]


def test_all_that_is_wrong_is_told_in_order_of_lines() -> None:
    text = HEAD + (
        "inputs:\n  n: {type: int, default: x}\n  m: {type: wood}\n"
        "steps:\n  a: {command: {run: 'ls {{ 2 ** 2 }}'}}\n  b: {agent: {prompt: x}, set: {x: '1'}}\n  c: {bogus: 1}\n"
    )

    told = problems(text)

    assert [line.split(": ")[0] for line in told] == ["f.yaml:6", "f.yaml:8", "f.yaml:9", "f.yaml:10"]
    assert "'wood' is no type" in told[0]
    assert "Pow may not stand" in told[1]
    assert "this one has agent, set" in told[2]


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ("a: {needs: [z], set: {x: '1'}}", "no step 'z' can be seen from here; there are a"),
        ("a: {set: {x: '{{ foo }}'}}", "there is no 'foo' here; there are inputs, play, steps"),
        ("a: {set: {x: '{{ outputs.x }}'}}", "there is no 'outputs' here"),
        ("a: {for_each: {in: '[1]', steps: {b: {set: {x: '1'}}}}}\n  c: {set: {x: '{{ steps.b.outputs }}'}}", "'b'"),
        ("a: {for_each: {in: '[1]', as: inputs, steps: {b: {set: {x: '1'}}}}}", "hides a name"),
        ("a: {for_each: {in: '[1]', steps: {a: {set: {x: '1'}}}}}", "a second step 'a'; the first is at steps.a"),
        ("a: {for_each: {steps: {b: {set: {x: '1'}}}}}", "either 'in' (an expression that is a list) or 'files'"),
        ("a: {loop: {until: 'true', steps: {b: {set: {x: '1'}}}}}", "max_rounds: it is missing"),
        ("a: {loop: {max_rounds: 101, until: 'true', steps: {b: {set: {x: '1'}}}}}", "from 1 to 100"),
        ("a: {land: {commit: x, checks: []}}", "at least 1 item"),
        ("a-b: {set: {x: '1'}}", "use _ in place of -"),
        ("a: {agent: {prompt: x, returns: {commit: str}}}", "commit cannot be returned: the host says that"),
        ("a: {agent: {prompt: x, returns: {X: str}}}", "'X' cannot name a field"),
        ("a: {agent: {prompt: x, model: gpt}}", "no such key"),
        ("a: {ensure: [{}], set: {x: '1'}}", "either 'that' (an expression) or 'run'"),
        ("a: {agent: {prompt: x, apart_from: [q]}}", "no step 'q'"),
    ],
)
def test_what_cannot_be_carried_out_is_refused_before(steps: str, said: str) -> None:
    told = problems(f"{HEAD}steps:\n  {steps}\n")

    assert any(said in line for line in told), told
    assert all(line.startswith(("f.yaml:5", "f.yaml:6")) for line in told)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "f.yaml:1: the file is empty"),
        ("a: &x [1]\nb: *x\n", "f.yaml:2: aliases"),
        ("a: 1\na: 2\n", "f.yaml:2: the key 'a' twice"),
        ("a: [\n", "f.yaml:2"),
        ("a: \x07\n", "f.yaml:1: a character that YAML does not allow"),
        ("[" * 2000, "f.yaml:1: it is nested too deeply"),
        ("just words", "f.yaml:1"),
        ("a: !!python/object:os.system x\n", "f.yaml:1: could not determine a constructor"),
    ],
)
def test_what_is_no_yaml_of_ours_is_told_with_its_line(text: str, said: str) -> None:
    assert problems(text)[0].startswith(said)


def test_a_newer_version_is_refused() -> None:
    with pytest.raises(NewerFormat):
        parse_playbook(HEAD.replace("1", "2") + "steps: {a: {set: {x: '1'}}}\n", source="f.yaml")


def test_a_file_that_is_too_large_or_a_link_is_not_read(tmp_path: Path) -> None:
    large, link = tmp_path / "large.yaml", tmp_path / "link.yaml"
    large.write_text("#" * (LIMIT_BYTES + 1))
    link.symlink_to("/dev/zero")

    for path in (large, link, tmp_path / "none.yaml", tmp_path):
        with pytest.raises(InvalidDocument):
            load_playbook(path)


def test_every_shipped_playbook_is_one(tmp_path: Path) -> None:
    found = playbooks(tmp_path)

    assert [one.name for one in found] == ["debate", "hypotheses", "migrate", "plan-build-verify", "review-to-tests"]
    assert all(one.playbook is not None and one.playbook.name == one.name for one in found), found


def test_what_came_with_a_clone_cannot_stand_in_for_a_shipped_one(tmp_path: Path) -> None:
    own = tmp_path / ".claude" / "playbooks"
    own.mkdir(parents=True)
    (own / "debate.yaml").write_text(f"{HEAD}steps: {{a: {{set: {{x: '1'}}}}}}\n")
    (own / "mine.yaml").write_text(f"{HEAD}steps: {{a: {{set: {{x: '1'}}}}}}\n")
    (own / "bad.yaml").write_text("nonsense")

    assert find_playbook("debate", cwd=tmp_path, project=tmp_path).source == "shipped"
    assert find_playbook("mine", cwd=tmp_path, project=tmp_path).source == str(own / "mine.yaml")
    with pytest.raises(UsageError, match=r"there are debate, .*, bad, mine"):
        find_playbook("other", cwd=tmp_path, project=tmp_path)
    assert [one.name for one in playbooks(tmp_path) if one.problem] == ["bad"]


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        ("str", "3", "3"),
        ("int", "3", 3),
        ("float", "3", 3.0),
        ("bool", "true", True),
        ("path", "src/a.py", "src/a.py"),
        ("list[str]", "a, b", ["a", "b"]),
        ("list[str]", "[a, 'b, c']", ["a", "b, c"]),
        ("list[int]", "1,2", [1, 2]),
        ("enum[up, down]", "up", "up"),
        ({"copy": "int"}, "{copy: 1}", {"copy": 1}),
        ([{"json": "str"}], "[{json: x}]", [{"json": "x"}]),
    ],
)
def test_what_is_typed_becomes_a_value_of_its_type(type_: object, text: str, value: object) -> None:
    assert of_text(type_, text, what="n") == value


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        *(("int", "3.5"), ("int", "x"), ("int", "'3'"), ("bool", "1"), ("float", "x"), ("enum[up, down]", "left")),
        *(("float", ".nan"), ("list[float]", "1.0,-.inf")),
        *(("path", "/etc/passwd"), ("path", "a/../../b"), ("path", ""), ("list[int]", "1,x"), ("int", "[")),
        *(({"a": "int"}, "{a: 1, b: 2}"), ({"a": "int"}, "{}"), ([{"a": "int"}], "{a: 1}")),
    ],
)
def test_what_does_not_fit_its_type_is_refused(type_: object, text: str) -> None:
    with pytest.raises(InvalidDocument, match=r"^n: "):
        of_text(type_, text, what="n")


def test_a_type_that_is_none_is_refused() -> None:
    for wrong in ("strings", "list[]", "enum[]", "enum[a,]", [], ["str", "int"], {}, {"A": "str"}, 3, "list[" * 9):
        with pytest.raises(ValueError, match=r"no type|name a field|nested"):
            fit(wrong, 1, what="n")


def play_with(inputs: str, require: str = "[]") -> Playbook:
    text = f"{HEAD}inputs: {inputs}\nrequire: {require}\nsteps: {{a: {{set: {{x: '1'}}}}}}\n"
    return parse_playbook(text, source="f.yaml")


def test_inputs_are_taken_checked_and_filled_up() -> None:
    playbook = play_with(
        "{n: {type: int}, m: {type: str, default: d}}", "[{that: inputs.n > 1, else: 'n is {{ inputs.n }}'}]"
    )

    assert inputs_of(playbook, ["n=2"]) == {"n": 2, "m": "d"}
    assert inputs_of(playbook, ["n=2", "m=a=b"]) == {"n": 2, "m": "a=b"}
    for given, said in [
        ([], "x needs n=…"),
        (["n"], "is no NAME=VALUE"),
        (["n=2", "q=1"], "has no input 'q'"),
        (["n=2", "n=3"], "given twice"),
        (["n=1"], "^n is 1$"),
        (["n=2", "m=\ud800"], "lone surrogate"),
    ]:
        with pytest.raises(UsageError, match=said):
            inputs_of(playbook, given)
