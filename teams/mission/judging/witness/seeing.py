"""What is seen of one pytest, and written down for the host.

Rule 1: our hooks are the outermost: what another plugin makes of a result comes before us.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import sys
import types
from typing import Any

import pytest

from .machinery import machinery, replaced, tests_of
from .provenance import is_said_by_nobody, is_theirs, raised_in, shown
from .reaching import Reaching


class Probe:
    """What is looked at wherever tests run: here, or in a worker process of pytest-xdist.

    What is seen is put into attributes of the report: so it comes along from a worker process, too.
    """

    def __init__(self, reaching: Reaching) -> None:
        self._reaching = reaching
        self._tests: dict[Any, dict[str, tuple[Any, str, Any, Any]]] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: Any) -> None:
        for item in items:
            module = getattr(item, "module", None)
            if isinstance(module, types.ModuleType) and module not in self._tests:
                self._tests[module] = tests_of(module)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item: Any, call: Any) -> Any:
        raised = call.excinfo  # before anybody makes another one of it
        report = (yield).get_result()
        raised = raised or call.excinfo
        if raised is not None and report.outcome == "passed":
            _fail(report, f"it raised {raised.typename}, and something made that pass")
        if raised is not None and report.outcome == "skipped" and _is_skip(raised.value):
            report.onecontext_raised_in = raised_in(raised.value)
            if is_said_by_nobody(raised.value):
                _fail(report, f"it was skipped by what it used, and not by itself: {raised.exconly()}")
        exchanged = replaced(self._tests.get(getattr(item, "module", None), {}))
        if exchanged:
            _fail(report, f"the project's code replaced what tests stand on: {', '.join(exchanged)}")
        report.onecontext_looked, refused = self._reaching.take()
        if refused:
            _fail(report, "; ".join(refused))

    def pytest_assertion_pass(self, item: Any, lineno: int, orig: str, expl: str) -> None:
        """Be there: only then does pytest explain what passed, and comparisons are seen (truth.py)."""


def _fail(report: Any, why: str) -> None:
    report.outcome, report.longrepr = "failed", why
    # Of an expected failure pytest counts none that failed.
    report.__dict__.pop("wasxfail", None)


def _is_skip(error: BaseException) -> bool:
    """Say whether this is said to skip, and no failure that the test was expected to have."""
    of_unittest = getattr(sys.modules.get("unittest"), "SkipTest", ())
    return isinstance(error, (pytest.skip.Exception, pytest.xfail.Exception, of_unittest or ()))


class Witness:
    """What is seen of one pytest as a whole."""

    def __init__(self, folder: str, key: str, reaching: Reaching, *, watching: bool, collects: bool) -> None:
        self._folder = folder
        self._key = key
        self._reaching = reaching
        self._watching = watching
        self._collects = collects
        self._session: Any = None
        self._machinery = machinery()
        self._collected: list[str] = []
        self._selected: list[str] = []
        self._errors: list[str] = []
        self._outcomes: dict[str, str] = {}
        self._skipped_by: dict[str, str] = {}
        self._looked: list[str] = []
        self._write({"event": "begin"})

    @pytest.hookimpl(tryfirst=True)
    def pytest_cmdline_main(self, config: Any) -> None:
        if self._collects:
            config.option.collectonly = True

    def pytest_sessionstart(self, session: Any) -> None:
        self._session = session

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, items: Any) -> Any:
        self._collected = [item.nodeid for item in items]
        yield
        self._selected = [item.nodeid for item in items]

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: Any) -> None:
        self._collected = self._selected = list(ids)

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self._errors.append(report.nodeid)
        self._note_skip(report)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed or report.when == "call" or report.skipped:
            if self._outcomes.get(report.nodeid) != "failed":
                self._outcomes[report.nodeid] = report.outcome
        else:
            self._outcomes.setdefault(report.nodeid, "begun")
        self._note_skip(report)
        self._looked += getattr(report, "onecontext_looked", [])

    def _note_skip(self, report: Any) -> None:
        # (path, line, reason): where it says that it was raised; whose code raised it, where we saw it.
        where = report.longrepr[0] if report.skipped and isinstance(report.longrepr, (tuple, list)) else None
        where = getattr(report, "onecontext_raised_in", "") or where
        if report.skipped and where is not None and is_theirs(str(where)):
            self._skipped_by[report.nodeid] = shown(str(where))

    @pytest.hookimpl(tryfirst=True)
    def pytest_unconfigure(self, config: Any) -> None:
        if not self._key:
            return
        looked, refused = self._reaching.take()
        said = {
            "event": "end",
            "exit": None if self._session is None else int(getattr(self._session, "exitstatus", -1)),
            "plugins": _plugins(config),
            "replaced": replaced(self._machinery),
            "narrowed": _is_narrowed(config),
            "root": shown(str(config.rootpath)),
            "among": _looked_into(config),
            "probed": self._watching and getattr(config.option, "assertmode", "") == "rewrite",
            "collected": self._collected,
            "selected": self._selected,
            "errors": self._errors,
            "outcomes": self._outcomes,
            "skipped_by": self._skipped_by,
            "looked": sorted({*self._looked, *looked}),
            "refused": refused,
        }
        self._write(said)
        key, self._key = self._key, ""
        with open(os.path.join(self._folder, "key"), "w", encoding="ascii") as file:
            file.write(hashlib.sha256(f"{key} next".encode("ascii")).hexdigest())

    def _write(self, body: dict[str, Any]) -> None:
        text = json.dumps(body)
        digest = hmac.new(self._key.encode("ascii"), text.encode("ascii"), hashlib.sha256).hexdigest()
        with open(os.path.join(self._folder, "said"), "a", encoding="ascii") as file:
            file.write(json.dumps({"digest": digest, "body": text}) + "\n")


def _plugins(config: Any) -> list[str]:
    """Return the files of the project that take part in how tests run."""
    found = set()
    for plugin in config.pluginmanager.get_plugins():
        module = plugin if isinstance(plugin, types.ModuleType) else sys.modules.get(type(plugin).__module__)
        path = getattr(module, "__file__", None)
        if path and is_theirs(path):
            found.add(shown(path))
    return sorted(found)


def _looked_into(config: Any) -> list[str]:
    """Return where tests are looked for, as seen from the top of the project."""
    here = str(config.invocation_params.dir)
    return [shown(os.path.join(here, str(argument).split("::")[0])) for argument in config.args]


def _is_narrowed(config: Any) -> bool:
    option = config.option
    words = getattr(option, "keyword", "") or getattr(option, "markexpr", "")
    return bool(words) or any("::" in str(argument) for argument in config.args)
