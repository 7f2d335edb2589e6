"""One way to work 50 turns, in a process of its own: ``python bench/agent_load.py WAY ADDRESS [--agents N]``.

Rule 1: each way is used as its documentation shows, and imports only what is its own.
Rule 2: the CPU of a turn is that of the whole process, all threads, from one call of the tool to the next.

It prints one line of JSON: the milliseconds of each turn, medians of ``--rounds`` conversations after one that is not
counted; with ``--agents`` what so many at once take.
"""

import argparse
import asyncio
import inspect
import itertools
import json
import logging
import os
import resource
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

MODEL = "gpt-4o-mini"
TASK = "Add as long as there is something to add."
SYSTEM = "You are ann. You add numbers."
KEY = "none"
TURNS = 50
Note = Callable[[], None]
Work = Callable[[Note], Awaitable[None] | None]
"""One conversation; calls what it is given at each call of the tool. Coroutines of many run in one loop."""


def tool(note: Note) -> Callable[[int, int], int]:
    def add(a: int, b: int) -> int:
        """Add two numbers.

        Args:
            a: the first.
            b: the second.
        """
        note()
        return a + b

    return add


def request(messages: list[Any]) -> dict[str, Any]:
    number = {"type": "integer"}
    parameters = {"type": "object", "properties": {"a": number, "b": number}, "required": ["a", "b"]}
    function = {"name": "add", "description": "Add two numbers.", "parameters": parameters}
    streamed = {"stream": True, "stream_options": {"include_usage": True}}
    return {"model": MODEL, "messages": messages, "tools": [{"type": "function", "function": function}], **streamed}


def by_hand(ask: Callable[[list[Any]], tuple[str, str, str]], note: Note) -> None:
    """The loop without a framework; ``ask`` returns the text, the call's id and its arguments."""
    messages: list[Any] = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": TASK}]
    while True:
        text, call_id, arguments = ask(messages)
        if not call_id:
            return
        function = {"name": "add", "arguments": arguments}
        calls = [{"id": call_id, "type": "function", "function": function}]
        messages.append({"role": "assistant", "content": text, "tool_calls": calls})
        note()
        messages.append({"role": "tool", "tool_call_id": call_id, "content": str(sum(json.loads(arguments).values()))})


def httpx(url: str) -> Work:
    import httpx as library

    client = library.Client()

    def ask(messages: list[Any]) -> tuple[str, str, str]:
        text, call_id, arguments = "", "", ""
        headers = {"Authorization": f"Bearer {KEY}"}
        with client.stream("POST", f"{url}/chat/completions", json=request(messages), headers=headers) as response:
            for line in response.iter_lines():
                if not line.startswith("data: {"):
                    continue
                for choice in json.loads(line[6:])["choices"]:
                    text += choice["delta"].get("content") or ""
                    for call in choice["delta"].get("tool_calls", []):
                        call_id = call_id or call.get("id", "")
                        arguments += call["function"].get("arguments", "")
        return text, call_id, arguments

    return lambda note: by_hand(ask, note)


def litellm(url: str) -> Work:
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    import litellm as library

    library.telemetry = False
    library.suppress_debug_info = True

    def ask(messages: list[Any]) -> tuple[str, str, str]:
        text, call_id, arguments = "", "", ""
        for chunk in library.completion(**request(messages), api_key=KEY, api_base=url):
            for choice in chunk.choices:
                text += choice.delta.content or ""
                for call in choice.delta.tool_calls or []:
                    call_id = call_id or call.id or ""
                    arguments += call.function.arguments or ""
        return text, call_id, arguments

    return lambda note: by_hand(ask, note)


def our_client(url: str) -> Work:
    from teams.agent.tools import tool_from
    from teams.models.port import Conversation, Message
    from teams.models.registry import open_models

    open_model = open_models(MODEL, api_base=url, env={"OPENAI_API_KEY": KEY})

    def work(note: Note) -> None:
        model, specs = open_model(Conversation("ann", "agent")), [tool_from(tool(note)).spec]
        messages = [Message("system", SYSTEM), Message("user", TASK)]
        while (reply := model.reply(messages, specs)).tool_calls:
            note()
            messages.append(Message("assistant", reply.text, reply.tool_calls))
            for call in reply.tool_calls:
                messages.append(Message("tool", str(sum(json.loads(call.arguments).values())), tool_call_id=call.id))

    return work


def ours(url: str) -> Work:
    return _ours(lambda: {"model": MODEL, "api_base": url, "env": {"OPENAI_API_KEY": KEY}})


def ours_with_a_journal(url: str) -> Work:
    options = {"model": MODEL, "api_base": url, "env": {"OPENAI_API_KEY": KEY}, "observer": recorder()}
    return _ours(lambda: options)


def recorder() -> Any:
    from teams.engine.journal import Journal
    from teams.mission.recorder import Recorder

    folder = Path(tempfile.mkdtemp())
    journal = Journal(folder / "onecontext", team="bench")
    return Recorder(journal, mission="bench", agent="ann", scripted=False)


def ours_without_a_client(url: str) -> Work:
    return _ours(lambda: {"model": free()})


def journal_without_a_client(url: str) -> Work:
    observer = recorder()
    return _ours(lambda: {"model": free(), "observer": observer})


def free() -> Any:
    """A model that costs nothing."""
    from teams.models.port import Reply, ToolCall, Usage

    class Free:
        name, scripted = MODEL, True

        def __init__(self) -> None:
            self.turn = 0

        def window(self) -> int:
            return 128_000

        def reply(self, messages: Any, tools: Any, *, on_text: Any = None) -> Reply:
            self.turn += 1
            arguments = json.dumps({"a": self.turn, "b": 1})
            calls = (ToolCall(f"c{self.turn}", "add", arguments),) if self.turn <= TURNS else ()
            return Reply("One more.", calls, Usage(20, 0, 12, None), MODEL, "tools" if calls else "end")

    return Free()


def _ours(options: Callable[[], dict[str, Any]]) -> Work:
    from teams import Agent
    from teams.agent.limits import Limits

    def work(note: Note) -> None:
        agent = Agent("ann", instructions=SYSTEM, tools=[tool(note)], limits=Limits(turns=2 * TURNS), **options())
        assert agent.run(TASK).ending == "finished"

    return work


def openai_agents(url: str) -> Work:
    import agents
    from openai import AsyncOpenAI

    agents.set_tracing_disabled(True)

    async def work(note: Note) -> None:
        model = agents.OpenAIChatCompletionsModel(MODEL, openai_client=AsyncOpenAI(api_key=KEY, base_url=url))
        tools = [agents.function_tool(tool(note))]
        agent = agents.Agent(name="ann", instructions=SYSTEM, model=model, tools=tools)
        await agents.Runner.run(agent, TASK, max_turns=2 * TURNS)

    return work


def pydantic_ai(url: str) -> Work:
    from pydantic_ai import Agent
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider
    from pydantic_ai.usage import UsageLimits

    async def work(note: Note) -> None:
        model = OpenAIChatModel(MODEL, provider=OpenAIProvider(base_url=url, api_key=KEY))
        agent = Agent(model, instructions=SYSTEM, tools=[tool(note)])
        await agent.run(TASK, usage_limits=UsageLimits(request_limit=2 * TURNS))

    return work


def smolagents(url: str) -> Work:
    from smolagents import LogLevel, OpenAIServerModel, ToolCallingAgent
    from smolagents import tool as made

    def work(note: Note) -> None:
        model = OpenAIServerModel(MODEL, api_base=url, api_key=KEY)
        agent = ToolCallingAgent([made(tool(note))], model, max_steps=2 * TURNS, verbosity_level=LogLevel.OFF)
        agent.run(TASK)

    return work


def mini_swe_agent(url: str) -> Work:
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    os.environ["MSWEA_SILENT_STARTUP"] = "1"
    from minisweagent.agents.default import DefaultAgent
    from minisweagent.environments.local import LocalEnvironment
    from minisweagent.models.litellm_model import LitellmModel

    def work(note: Note) -> None:
        class Noting(LocalEnvironment):
            def execute(self, action: dict[str, Any], *args: Any, **more: Any) -> dict[str, Any]:
                note()
                if action["command"] != "true":
                    return super().execute(action, *args, **more)  # type: ignore[no-any-return]
                # No shell: what it does for others is no part of the loop.
                return {"output": "", "returncode": 0, "exception_info": ""}

        model = LitellmModel(model_name=f"openai/{MODEL}", model_kwargs={"api_base": url, "api_key": KEY})
        limits = {"step_limit": 2 * TURNS, "cost_limit": 0}
        DefaultAgent(model, Noting(), system_template=SYSTEM, instance_template=TASK, **limits).run(TASK)

    return work


WAYS: dict[str, Callable[[str], Work]] = {
    "httpx": httpx,
    "litellm": litellm,
    "our client": our_client,
    "ours": ours,
    "ours, journal": ours_with_a_journal,
    "ours, no client": ours_without_a_client,
    "the same, journal": journal_without_a_client,
    "openai-agents": openai_agents,
    "pydantic-ai": pydantic_ai,
    "smolagents": smolagents,
    "mini-swe-agent": mini_swe_agent,
}


def turn_by_turn(work: Work, rounds: int) -> dict[str, Any]:
    """Return the CPU milliseconds of each turn after the first, medians of ``rounds``."""
    rows = []
    for _ in range(rounds + 1):
        marks: list[float] = []
        done(work, lambda marks=marks: marks.append(time.process_time()))  # type: ignore[misc]
        assert len(marks) >= TURNS, f"{len(marks)} turns of {TURNS}"
        rows.append([(end - start) * 1000 for start, end in itertools.pairwise(marks[:TURNS])])
    return {"turns_ms": [statistics.median(turn) for turn in zip(*rows[1:], strict=True)]}


def at_once(work: Work, agents: int) -> dict[str, Any]:
    """Return what ``agents`` conversations at once take, after one alone."""
    done(work, lambda: None)
    turns = [0] * agents

    def noting(number: int) -> Note:
        def note() -> None:
            turns[number] += 1

        return note

    notes = [noting(number) for number in range(agents)]
    wall, cpu = time.perf_counter(), time.process_time()
    all_done(work, notes)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    assert min(turns) >= TURNS, f"somebody had {min(turns)} turns of {TURNS}"
    unit = 1e6 if sys.platform == "darwin" else 1e3  # ru_maxrss is in bytes there, in KiB elsewhere
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    return {"turns_per_s": sum(turns) / wall, "cpu_ms": cpu * 1000 / sum(turns), "peak_mb": memory}


def done(work: Work, note: Note) -> None:
    """Have one conversation."""
    all_done(work, [note])


def all_done(work: Work, notes: list[Note]) -> None:
    """Have a conversation for each of ``notes``, all at once: in one loop, or a thread each."""

    async def together() -> None:
        await asyncio.gather(*(work(note) for note in notes))  # type: ignore[arg-type]

    if inspect.iscoroutinefunction(work):
        asyncio.run(together())
        return
    threads = [threading.Thread(target=work, args=[note]) for note in notes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main() -> None:
    parser = argparse.ArgumentParser(description="One way to work 50 turns.")
    parser.add_argument("way", choices=WAYS)
    parser.add_argument("address")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--agents", type=int)
    args = parser.parse_args()
    logging.disable(logging.CRITICAL)
    work = WAYS[args.way](args.address)
    print(json.dumps(at_once(work, args.agents) if args.agents else turn_by_turn(work, args.rounds)))


if __name__ == "__main__":
    main()
