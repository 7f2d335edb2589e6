"""What of a validator's word counts: what the host saw fail, and what it found where it was quoted.

Rule 1: a finding stops work only with a test that fails on it, or, for a judged assertion, with a quote that is there.
        Everything else is advice: it is told, and stops nothing.
Rule 2: what a validator could mend is told to it, once; then its word is taken as it is.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from onecontext.errors import UsageError
from onecontext.store.project_files import files_of, read_stored, with_files
from teams.mission.contract import Assertion
from teams.mission.judging.checks import OUTPUT_CHARACTERS, run_in_copy
from teams.mission.judging.findings import Finding, Judgement, Quote, Rounds, Scope, Shown
from teams.mission.judging.patterns import TEST_NAMES, matches, runs_pytest
from teams.mission.site import VALIDATOR, Site
from teams.protocol.board.task import Task

_NEARBY = 3
_PATH = re.compile(r"[\w.@+-]+(?:/[\w.@+-]+)*\.\w+")


@dataclass
class Weighed:
    """What a judgement comes to: ``blocking`` and ``advice`` in sentences, ``shown`` the findings behind the first.

    ``quotes`` are those that are there.
    """

    blocking: list[str] = field(default_factory=list)
    advice: list[str] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)
    quotes: list[Quote] = field(default_factory=list)


class Weighing:
    """Weighs what is said of ``commit``.

    Args:
        judged: the assertions of the task that no command checks.
        asked: what the host found and asks about; an acceptance answers each.
        failed: something else stops the work already, so a rejection needs no reason of its own.
    """

    def __init__(
        self, site: Site, commit: str, judged: Sequence[Assertion], asked: Sequence[str], *, failed: bool, **where: Any
    ) -> None:
        self._site = site
        self._commit = commit
        self._judged = {assertion.id for assertion in judged}
        self._asked = asked
        self._failed = failed
        self._where = where
        self._files = files_of(site.project, commit)
        self._was_told = False

    def weigh(self, said: Judgement) -> Weighed:
        """Return what counts of a judgement.

        Raises:
            UsageError: the validator can still mend it; the sentence says how.
        """
        weighed = Weighed(quotes=[quote for quote in said.quotes if self._is_there(quote)])
        quoted = {quote.assertion for quote in weighed.quotes}
        if said.accept:
            weighed.advice = [finding.text for finding in said.findings]
            self._must(not self._judged - quoted or self._failed, self._lacking(quoted), every_time=True)
            self._must(
                len(said.answers) >= len(self._asked) or self._failed,
                f"answer each of the {len(self._asked)} things that are asked, in `answers`",
                every_time=True,
            )
            return weighed
        for finding in said.findings:
            self._weigh_one(finding, quoted, weighed)
        self._must(
            bool(weighed.blocking) or self._failed,
            "nothing in that stops the work: a finding needs a `test` that fails on it (or, for a judged assertion, "
            f"`about` and a quote). {' '.join(weighed.advice)} Mend it, or say the same again as advice",
        )
        if not weighed.blocking and self._judged - quoted and not self._failed:
            weighed.blocking.append(self._lacking(quoted))
        return weighed

    def run(self, finding: Finding, number: int) -> Shown | None:
        """Run a finding's test on the work; None: it passes, or does not run."""
        test = finding.test
        assert test is not None
        laid = with_files(self._site.project, self._commit, {test.path: test.content.encode()}, author=VALIDATOR)
        timeout_s = self._site.command_timeout_s
        result = run_in_copy(self._site, laid, test.command, timeout_s, purpose="finding")
        data = {
            "assertion": f"finding {number}",
            "command": test.command,
            "exit_code": result.exit_code,
            "output": result.output[-OUTPUT_CHARACTERS:],
            "duration_s": round(result.duration_s, 4),
        }
        self._site.journal.append("verify.command", data, mission=self._site.mission, agent=VALIDATOR, **self._where)
        if result.exit_code in (0, None, 126, 127) or (runs_pytest(test.command) and result.exit_code != 1):
            return None
        return Shown(finding, result.exit_code, result.output[-OUTPUT_CHARACTERS:])

    def scope(self, attempt: str, shown: Sequence[Shown], *, pinned: str, may_write: Sequence[str]) -> Scope | None:
        """Return what a fix may touch: what findings name, and the task's own; None where that is nothing.

        What their tests print counts for nothing: the author's own code can print the name of any file.

        Args:
            pinned: the commit that the work is compared with; what differs is the task's own.
            may_write: patterns of what was planned for the task.
        """
        named = [*may_write]
        for one in shown:
            named += [*one.finding.about, *_PATH.findall(one.finding.text)]
        before = files_of(self._site.project, pinned)
        every = before.keys() | self._files.keys()
        own = {path for path in every if before.get(path) != self._files.get(path)}
        tests = {one.finding.test.path for one in shown if one.finding.test is not None}
        paths = own | tests | {path for path in every if matches(path, named)}
        return Scope(attempt, tuple(sorted(paths))) if paths else None

    def _weigh_one(self, finding: Finding, quoted: set[str], weighed: Weighed) -> None:
        if finding.test is not None:
            shown = self.run(finding, len(weighed.shown) + 1)
            if shown is not None:
                weighed.shown.append(shown)
                weighed.blocking.append(shown.told)
            else:
                weighed.advice.append(f"{finding.text} (its test does not fail on the work)")
        elif self._judged & quoted & set(finding.about):
            weighed.blocking.append(finding.text)
        else:
            weighed.advice.append(finding.text)

    def _must(self, holds: bool, problem: str, *, every_time: bool = False) -> None:
        if not holds and (every_time or not self._was_told):
            self._was_told = True
            raise UsageError(problem)

    def _lacking(self, quoted: set[str]) -> str:
        names = ", ".join(sorted(self._judged - quoted))
        return f"{names} is judged: `quotes` must show where the work holds it, word for word, and does not"

    def _is_there(self, quote: Quote) -> bool:
        """Say whether the work has the words where they are quoted from; a few lines up or down are forgiven."""
        file = self._files.get(quote.path)
        if quote.line == 0:
            return file is None
        content = read_stored(self._site.project, file) if file else None
        if content is None or not quote.text.strip():
            return False
        lines = content.decode("utf-8", errors="replace").splitlines()
        first = max(quote.line - 1 - _NEARBY, 0)
        near = "\n".join(lines[first : quote.line + len(quote.text.splitlines()) + _NEARBY])
        return _words(quote.text) in _words(near)


def rounds_of(site: Site, task: Task) -> Rounds:
    """Return what earlier reviews of a task came to, since its attempts are counted.

    It is what the host recorded with its verdicts: what stands in the task itself, anybody may have handed over.
    """
    attempt, review = site.past.review_of(task.id) or (0, {})
    return Rounds.from_evidence({"review": review}) if attempt > task.ours.attempts_from else Rounds()


def outside(site: Site, scope: Scope, commit: str) -> list[str]:
    """Return the files that ``commit`` changes since the attempt that was sent back, and that no finding is about."""
    before, after = files_of(site.project, scope.commit), files_of(site.project, commit)
    landed = files_of(site.project, site.branch_tip())
    changed = [path for path in sorted(before.keys() | after.keys()) if before.get(path) != after.get(path)]
    # What others' work brought, which the author had to take up, is no change of its own.
    changed = [path for path in changed if after.get(path) != landed.get(path)]
    # Paths, not patterns: a file that the author called "*" is no leave to change everything.
    return [path for path in changed if path not in scope.paths and not matches(path.rsplit("/", 1)[-1], TEST_NAMES)]


def refusal(paths: Sequence[str]) -> str:
    """Return what the author of a fix is told that goes beyond what was found."""
    return (
        f"{', '.join(paths[:10])}: no finding is about that. Take it back as it was in the attempt that was sent back; "
        "what should be done there belongs in `discovered`"
    )


def _words(text: str) -> str:
    return " ".join(text.split())
