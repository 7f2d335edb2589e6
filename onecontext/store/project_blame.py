"""Which commit of the user's repository each line of a file comes from.

Rule 1: nothing is written, and only libgit2 reads: no filter, no `blame.ignoreRevsFile`, no textconv of the repository.
Rule 2: what the work tree has and no commit does is told as that, as `git blame` does.
"""

from dataclasses import dataclass
from pathlib import Path

import pygit2

from onecontext.errors import Damaged, NoRepository, UnknownRevision, UsageError
from onecontext.store.files import read_bytes
from onecontext.store.project import Project
from onecontext.store.project_open import commit_of, open_repository

LIMIT_BYTES = 16 * 1024 * 1024
"""A larger file is not looked at."""


@dataclass(frozen=True)
class BlamedLine:
    """A line, counted from 1; ``commit`` is None for one that is in the work tree alone."""

    number: int
    text: str
    commit: str | None


@dataclass(frozen=True)
class CodeCommit:
    """What a commit of the user's repository says of itself. ``at_s`` is seconds since 1970, UTC."""

    id: str
    author: str
    at_s: int
    subject: str


class Code:
    """The user's repository, opened to be asked where its lines come from. Not for sharing between threads."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._repository = open_repository(project.git_path)

    def path_of(self, path: Path) -> str:
        """Return an absolute path as it is written from the top of the work tree; a last symlink stands for itself.

        Raises:
            UsageError: it leads elsewhere.
        """
        try:
            relative = (path.parent.resolve() / path.name).relative_to(self._project.path.resolve())
        except ValueError:
            raise UsageError(f"{path} is not in the repository {self._project.path}") from None
        if not relative.name:
            raise UsageError(f"{path} is a folder", hint="name one file")
        return relative.as_posix()

    def blame(self, path: str, revision: str | None, first: int | None, last: int | None) -> list[BlamedLine]:
        """Return the lines ``first`` to ``last`` (None: to either end) of a file of the work tree, or of ``revision``.

        Args:
            path: from the top of the work tree.

        Raises:
            UsageError: no commit has the file, it is no text, too large, or has no such line.
            UnknownRevision: nothing answers to ``revision``.
            NoRepository: commits are missing here (a partial clone).
        """
        commit = self._commit(revision)
        committed = _content(commit, path)
        shown = committed
        if revision is None and not self._repository.is_bare:
            shown = _work_tree_file(Path(self._repository.workdir) / path, instead=committed)
        lines = _lines(shown, path)
        first, last = _range(first, last, len(lines), path)
        source = _sources(committed, shown, len(lines))
        wanted = [number for number in source[first - 1 : last] if number is not None]
        commits = self._blamed(commit, path, min(wanted), max(wanted)) if wanted else {}
        numbers = range(first, last + 1)
        return [BlamedLine(n, lines[n - 1], commits.get(source[n - 1] or 0)) for n in numbers]

    def told(self, commit: str) -> CodeCommit:
        """Return what a commit, named in full, says of itself."""
        found = commit_of(self._repository, commit)
        subject = (found.message.splitlines() or [""])[0]
        return CodeCommit(commit, found.author.name if found.author else "", found.commit_time, subject)

    def commit(self, revision: str) -> str:
        """Return the full name of what a commit, branch or tag stands for.

        Raises:
            UnknownRevision: nothing answers to it.
        """
        return str(self._commit(revision).id)

    def full_name(self, prefix: str) -> str | None:
        """Return the commit whose name begins so; None when there is none here, or several."""
        try:
            found = self._repository.get(prefix)
        except (ValueError, pygit2.GitError):
            return None
        return str(found.id) if isinstance(found, pygit2.Commit) else None

    def holds(self, tip: str, commit: str) -> bool:
        """Say whether ``commit`` is part of the history of ``tip``; both are named in full, and here."""
        return tip == commit or bool(self._repository.descendant_of(pygit2.Oid(hex=tip), pygit2.Oid(hex=commit)))

    def _commit(self, revision: str | None) -> pygit2.Commit:
        if revision is None:
            return self._repository.head.peel(pygit2.Commit)
        try:
            return self._repository.revparse_single(revision).peel(pygit2.Commit)
        except (KeyError, ValueError, pygit2.GitError) as error:
            raise UnknownRevision(
                f"the repository has no commit {revision[:80]!r}", hint="name a commit, a branch or a tag of your code"
            ) from error

    def _blamed(self, commit: pygit2.Commit, path: str, low: int, high: int) -> dict[int, str]:
        try:
            found = list(self._repository.blame(path, newest_commit=commit.id, min_line=low, max_line=high))
        except (KeyError, pygit2.GitError) as error:
            raise NoRepository(
                f"{self._project.path} lacks some of the history of {path}: {error}",
                hint="a partial clone is completed by 'git fetch --refetch'",
            ) from error
        return {
            number: str(hunk.final_commit_id)
            for hunk in found
            for number in range(hunk.final_start_line_number, hunk.final_start_line_number + hunk.lines_in_hunk)
        }


def _content(commit: pygit2.Commit, path: str) -> bytes:
    try:
        entry = commit.tree[path]
    except KeyError:
        raise UsageError(
            f"commit {str(commit.id)[:10]} has no file {path!r}", hint="only what was committed can be asked about"
        ) from None
    if not isinstance(entry, pygit2.Blob):
        raise UsageError(f"{path!r} is no file", hint="name one file")
    if entry.size > LIMIT_BYTES:
        raise UsageError(f"{path!r} has {entry.size:,} bytes; files up to {LIMIT_BYTES:,} are looked at")
    return bytes(entry.data)


def _work_tree_file(path: Path, *, instead: bytes) -> bytes:
    try:
        content = read_bytes(path, limit_bytes=LIMIT_BYTES)
    except (OSError, Damaged):
        # Removed, or no file any more: then what was committed is all there is.
        return instead
    # As a checkout with core.autocrlf leaves it, which is no change.
    return content if b"\r\n" in instead else content.replace(b"\r\n", b"\n")


def _lines(content: bytes, path: str) -> list[str]:
    if b"\0" in content[:8192]:
        raise UsageError(f"{path!r} is no text", hint="lines are asked about, and it has none")
    lines = content.decode("utf-8", "replace").split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def _range(first: int | None, last: int | None, count: int, path: str) -> tuple[int, int]:
    start, end = 1 if first is None else first, count if last is None else last
    if count == 0 and first is None:
        return 1, 0
    if start < 1 or start > count or end < start:
        asked = f"line {start}" if start == end else f"lines {start} to {end}"
        raise UsageError(f"{path!r} has {count:,} line{'' if count == 1 else 's'}, and no {asked}")
    return start, min(end, count)


def _sources(committed: bytes, shown: bytes, count: int) -> list[int | None]:
    """Return for each line that is shown its number in the committed file; None: it is not in it."""
    if shown == committed:
        return list(range(1, count + 1))
    # An empty side has no hunks to tell of.
    if not committed or not shown:
        return [None] * count
    sources: list[int | None] = []
    old = 1
    for hunk in pygit2.Patch.create_from(committed, shown, context_lines=0).hunks:
        # Of a hunk that only adds (or takes away) git names the line before it, on that side.
        begins = hunk.new_start if hunk.new_lines else hunk.new_start + 1
        unchanged = begins - 1 - len(sources)
        sources += range(old, old + unchanged)
        sources += [None] * hunk.new_lines
        old += unchanged + hunk.old_lines
    return [*sources, *range(old, old + count - len(sources))]
