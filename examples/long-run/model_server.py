"""A model's server without a model: it speaks OpenAI's chat completions on this machine and takes its time.

``python model_server.py`` prints its address and serves until its stdin ends. PACE is how many seconds pass for each
second that an answer is meant to take: 1 as if a model thought, 0 at once.

Rule 1: what it says depends on the request alone and on ``work.yaml``: nothing is kept between requests, so a mission
        that is killed goes on.
Rule 2: only the words are made up: commands, tests, commits and verdicts are real, and the price is that of the tokens
        that were sent and said (four characters each) at a model of the name that was asked.
"""

import json
import os
import re
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

WORK = {task["key"]: task for task in yaml.safe_load(Path(__file__).with_name("work.yaml").read_text())}
PACE = float(os.environ.get("PACE", "1"))
CHARACTERS_PER_TOKEN = 4

Turn = tuple[str, dict[str, Any]]
"""What is said, and the one tool that is asked for: its name and arguments."""


def next_turn(request: dict[str, Any]) -> Turn:
    """Return what the agent says next: which turn of which conversation it is, is in the messages."""
    tools = {tool["function"]["name"] for tool in request.get("tools", [])}
    if "submit_plan" in tools:
        turns = planning()
    elif tools & {"carry_on", "stop_mission"}:
        turns = steering(tools)
    else:
        asked = "\n".join(str(message["content"]) for message in request["messages"] if message["role"] == "user")
        subject = re.findall(r"^Task \d+: (.*)$", asked, re.MULTILINE)[-1]
        task = next(task for task in WORK.values() if task["subject"] == subject)
        turns = judging(task, asked) if "give_verdict" in tools else working(task, "was rejected" in asked)
    # Counted from the task on: a conversation that was begun anew begins anew here, too.
    said = sum(message["role"] == "assistant" for message in request["messages"])
    return turns[min(said, len(turns) - 1)]


def planning() -> list[Turn]:
    """Look, then plan all of ``work.yaml``: an assertion for each task, held by its check."""
    assertions = [
        {"id": f"VAL-NOTES-{number:03}", "text": task["subject"], "command": f'python -c "{task["check"]}"'}
        for number, task in enumerate(WORK.values(), start=1)
    ]
    tasks = [
        {
            "key": task["key"],
            "subject": task["subject"],
            "description": f"In {path_of(task)}; the check shows what it is called and what it returns.",
            "after": task.get("after", []),
            "assertions": [f"VAL-NOTES-{number:03}"],
        }
        for number, task in enumerate(WORK.values(), start=1)
    ]
    return [
        called("I look at what is there before I plan.", "list_files", folder="notes"),
        called("A note is a line of text, so each part is a function of texts.", "read_file", path="notes/store.py"),
        called(f"{len(tasks)} small tasks, most side by side.", "submit_plan", assertions=assertions, tasks=tasks),
    ]


def steering(tools: set[str]) -> list[Turn]:
    """Asked for something else the plan stays, and says that it is written down; what failed for good is a person's."""
    if "carry_on" in tools:
        return [called("I know one plan only.", "carry_on", reason="the plan of this server is written in work.yaml")]
    words = "a task failed for good, and work.yaml knows no other way: say how it shall go on"
    return [called("I have no other way.", "stop_mission", ending="blocked", reason=words)]


def working(task: dict[str, Any], again: bool) -> list[Turn]:
    """What a worker does: look, write, check, mend, tell and hand in; ``again``: the last attempt was rejected."""
    path, check = path_of(task), f'python -c "{task["check"]}"'
    right = called("Now as it has to be.", "write_file", path=path, text=task["code"])
    runs = called("Does the check pass?", "run", command=check)
    done = called("It holds.", "finish", summary=f"{task['subject']}: {path}")
    if again:
        return [called("What was found is true; I mend just that.", "read_file", path=path), right, runs, done]
    look = called("First, what there is.", "list_files", folder="notes")
    read = called("How a note is kept decides what I am given.", "read_file", path="notes/store.py")
    if "hasty" in task:
        return [look, called("This is short.", "write_file", path=path, text=task["hasty"]), done]
    first = called(
        "A first version.", "write_file", path=path, text=task.get("draft", task.get("flawed", task["code"]))
    )
    mended = [called("Not yet: I see why.", "read_file", path=path), right, runs] if "draft" in task else []
    tells = [called("Others need to know this.", "message", **task["tells"])] if "tells" in task else []
    note = called("Worth keeping.", "remember", text=f"{path}: {task['subject'].lower()}.")
    return [look, read, first, runs, *mended, *tells, note, done]


def judging(task: dict[str, Any], asked: str) -> list[Turn]:
    """What a validator does: read, then accept, or reject what a command or a ``finding`` speaks against."""
    read = called("I read the whole file, not only the change.", "read_file", path=path_of(task))
    if re.search(r"^exit [1-9]", asked, re.MULTILINE):
        return [read, called("A command of the contract fails, so it is not done.", "give_verdict", accept=False)]
    if "finding" not in task or task["flawed"].splitlines()[-1].strip() not in asked:
        return [read, called("It does what was asked.", "give_verdict", accept=True)]
    test = {"path": f"tests/{task['key'].replace('-', '_')}_case.py", "content": task["finding"]["test"] + "\n"}
    finding = {
        "text": task["finding"]["text"],
        "about": [path_of(task)],
        "test": {**test, "command": f"PYTHONPATH=. python {test['path']}"},
    }
    return [read, called("One case is forgotten.", "give_verdict", accept=False, findings=[finding])]


def called(say: str, tool: str, **arguments: Any) -> Turn:
    return say, {"name": tool, "arguments": json.dumps(arguments, ensure_ascii=False)}


def path_of(task: dict[str, Any]) -> str:
    return f"notes/{task['key'].replace('-', '_')}.py"


def pieces(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the answer as it is streamed: word by word, then the tool, its end, and what it took."""
    say, function = next_turn(request)
    sent = len(json.dumps(request))
    # From 3 to 10 s, the same for the same request.
    wait_s = PACE * (3 + zlib.crc32(json.dumps(request["messages"]).encode()) % 8)
    words = re.findall(r"\S+\s*", say)
    yield {"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}]}
    for word in words:
        time.sleep(wait_s / len(words))
        yield {"choices": [{"index": 0, "delta": {"content": word}, "finish_reason": None}]}
    call = {"index": 0, "id": f"call_{zlib.crc32(function['arguments'].encode())}_{sent}", "type": "function"}
    yield {"choices": [{"index": 0, "delta": {"tool_calls": [{**call, "function": function}]}, "finish_reason": None}]}
    yield {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}
    prompt, answer = sent // CHARACTERS_PER_TOKEN, (len(say) + len(function["arguments"])) // CHARACTERS_PER_TOKEN
    usage = {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer}
    yield {"choices": [], "usage": usage}


class Answers(BaseHTTPRequestHandler):
    """Each request is a conversation so far, and its answer is streamed."""

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        about = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": request["model"]}
        try:
            for piece in pieces(request):
                self.wfile.write(f"data: {json.dumps({**about, **piece})}\n\n".encode())
                self.wfile.flush()
            self.wfile.write(b"data: [DONE]\n\n")
        except OSError:
            pass  # who asked has gone: a mission was stopped or killed

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class calls it so
        pass


def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_port}/v1", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
