"""The door to real models: the only module that imports litellm, and it does so on the first reply.

Rule 1: of litellm only its translation between providers is used; retries, budgets and caches are ours, or off.
Rule 2: what it raises is translated here, and no key is in what comes out.

Why so: importing it takes 3–5 s of CPU and, unless told otherwise, fetches a price list and reads ``.env`` files.
"""

import atexit
import logging
import os
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cache
from typing import Any

from onecontext.errors import ModelError, ModelRefused, ModelStalled
from teams.models.assemble import Assembly
from teams.models.faults import tells, translated
from teams.models.litellm_stream import Stream, counted, estimated
from teams.models.openai_client import wire_client
from teams.models.port import Message, OnText, Price, Reply, ToolSpec, Usage
from teams.models.prices import cost_usd, dearest, entry_of
from teams.models.providers import provider_of
from teams.models.retry import with_retries
from teams.models.watch import Silence, watched
from teams.models.wire import as_sent, schema

_loading = threading.Lock()
_forbidden = 0


class LitellmModel:
    """One conversation with a real model. It keeps no state: each :meth:`reply` sends the whole conversation."""

    scripted = False

    def __init__(
        self,
        name: str,
        *,
        route: str,
        key: str | None,
        api_base: str = "",
        provider: str = "",
        stall_s: float = 60.0,
        retries: int = 3,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """``name`` is what the user called it, ``route`` what litellm calls it; ``key`` None lets litellm find one.

        ``provider`` is whose server answers, for whoever adds up.
        """
        self.name = name
        self._route = route
        self._key = key
        self._api_base = api_base
        self._provider = provider
        self._stall_s = stall_s
        self._retries = retries
        self._sleep = sleep

    def window(self) -> int | None:
        """Return what litellm's list says of its input, None for a model that is not in it."""
        found = entry_of(load_litellm(), self._route).get("max_input_tokens")
        return found if isinstance(found, int) and found > 0 else None

    def price(self) -> Price | None:
        """Return what litellm's list says, None for a model that is not in it; the dearest, where it has several."""
        entry = entry_of(load_litellm(), self._route)
        prices = [
            dearest(entry, "input_cost_per_token"),
            dearest(entry, "output_cost_per_token", "output_cost_per_reasoning_token"),
        ]
        return None if None in prices else Price(*prices)  # type: ignore[arg-type]

    def reply(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSpec],
        *,
        on_text: OnText | None = None,
        most_tokens: int | None = None,
    ) -> Reply:
        """Answer the conversation; see :meth:`teams.models.port.Model.reply`.

        A call that is repeated streams again from the start: ``on_text`` may see the beginning of a reply twice.

        Raises:
            ModelRefused, ContextOverflow: at once. ModelUnavailable, ModelStalled, GarbledReply: after the retries.
        """
        if _forbidden:
            raise ModelRefused(f"requests to real models are forbidden here, and {self.name} is one")
        request: dict[str, Any] = {"messages": [as_sent(message) for message in messages]}
        if tools:
            # An empty list is refused by some providers.
            request["tools"] = [schema(tool) for tool in tools]
        if most_tokens is not None:
            # Who is asked for more than the model can say refuses the call.
            most_there_is = entry_of(load_litellm(), self._route).get("max_output_tokens")
            request["max_tokens"] = min(most_tokens, most_there_is) if isinstance(most_there_is, int) else most_tokens
        return with_retries(lambda: self._ask(request, on_text), retries=self._retries, sleep=self._sleep)

    def _ask(self, request: dict[str, Any], on_text: OnText | None) -> Reply:
        litellm = load_litellm()
        assembly = Assembly(on_text)
        stream = Stream(lambda: litellm.completion(**self._options(), **request), plain=self._is_of_openai)
        with closing(watched(stream.start, stall_s=self._stall_s, close=stream.close, let_go=stream.let_go)) as chunks:
            for chunk in self._translating(chunks):
                assembly.add(chunk)
        stop = assembly.stop(stream.said(assembly.finish))
        model = assembly.model or self.name
        usage = self._usage(litellm, counted(assembly.usage) or estimated(litellm, self._route, request, assembly))
        return Reply(assembly.text, assembly.calls, usage, model, stop, self._provider)

    def _options(self) -> dict[str, Any]:
        return {
            "model": self._route,
            "api_key": self._key,
            "api_base": self._api_base or None,
            "stream": True,
            "stream_options": {"include_usage": True},
            "timeout": self._stall_s,  # also ends the reading thread of a server that sends nothing at all
            "num_retries": 0,
            "max_retries": 0,
            "drop_params": True,  # a provider without stream_options is no reason to fail
            **self._client(),
        }

    def _client(self) -> dict[str, Any]:
        if not self._key or not self._is_of_openai:
            return {}
        certificates = load_litellm().llms.custom_httpx.http_handler.get_ssl_configuration
        return {"client": wire_client(self._key, self._api_base, certificates)}

    @property
    def _is_of_openai(self) -> bool:
        """Whether the server speaks OpenAI's own protocol, so that what we send is what is sent."""
        provider, slash, _ = self._route.partition("/")
        return (provider if slash else provider_of(self._route)) == "openai"

    def _translating(self, chunks: Iterator[Any]) -> Iterator[Any]:
        """Yield the chunks; raise ours for what is raised in getting them, but not for what the receiver raises."""
        while True:
            try:
                chunk = next(chunks)
            except StopIteration:
                return
            except Exception as error:  # noqa: BLE001  # litellm raises whatever its providers' libraries do
                caught = error
            else:
                yield chunk
                continue
            # Outside the except block: a cause that shows the key must not come along as context either.
            raise self._fault(caught) from (None if tells(caught, self._key) else caught)

    def _fault(self, error: Exception) -> ModelError:
        fault = translated(error, model=self.name, key=self._key, address=self._api_base)
        if isinstance(error, Silence) or isinstance(fault, ModelStalled):
            # The watch and the socket's own timeout measure the same silence; whichever is first, it is one thing.
            return ModelStalled(f"{self.name} sent nothing for {self._stall_s:g} s and was given up")
        return fault

    def _usage(self, litellm: Any, usage: Any) -> Usage:
        tokens_in = int(getattr(usage, "prompt_tokens", 0) or 0)
        tokens_out = int(getattr(usage, "completion_tokens", 0) or 0)
        details = getattr(usage, "prompt_tokens_details", None)
        cached = getattr(details, "cached_tokens", 0)
        cached = cached if isinstance(cached, int) and 0 < cached <= tokens_in else 0
        return Usage(tokens_in, cached, tokens_out, cost_usd(litellm, self._route, usage))


@contextmanager
def forbid_real_requests() -> Iterator[None]:
    """Make every reply of a real model a :class:`ModelRefused` while this lasts, in all threads: for tests."""
    global _forbidden
    with _loading:
        _forbidden += 1
    try:
        yield
    finally:
        with _loading:
            _forbidden -= 1


def load_litellm() -> Any:
    """Return litellm, imported on the first call and told to keep to itself: no network, no prints, no telemetry."""
    with _loading:
        return _load()


@cache
def _load() -> Any:
    # Without these it fetches lists from the network (of prices while it is imported, of what headers Anthropic knows
    # with a request, of its own news), and reads the .env files above its own folder.
    for name in ("MODEL_COST_MAP", "ANTHROPIC_BETA_HEADERS", "BLOG_POSTS"):
        os.environ[f"LITELLM_LOCAL_{name}"] = "True"
    os.environ["LITELLM_MODE"] = "PRODUCTION"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecations between its dependencies, at import
        import litellm
    # Said later, in whatever thread: pydantic about types and habits of litellm's own.
    for message in (
        "`ReadOnly` qualifier",
        "Pydantic serializer warnings",
        "Accessing the .* attribute on the instance",
    ):
        warnings.filterwarnings("ignore", message=f".*{message}")
    litellm.telemetry = False
    litellm.suppress_debug_info = True
    litellm.set_verbose = False
    litellm.disable_streaming_logging = True
    litellm.disable_hf_tokenizer_download = True
    for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    atexit.register(_leave_connections_to_the_system)
    return litellm


def _leave_connections_to_the_system() -> None:
    """Take the finalizers off litellm's HTTP handlers when the process ends.

    They import, and at the very end of an interpreter that waits for ever if a thread was stopped while it imported:
    one that reads from a silent server, for instance. The system closes connections by itself.
    """
    handlers = sys.modules.get("litellm.llms.custom_httpx.http_handler")
    for name in ("AsyncHTTPHandler", "HTTPHandler"):
        handler = getattr(handlers, name, None)
        if handler is not None and "__del__" in vars(handler):
            del handler.__del__
