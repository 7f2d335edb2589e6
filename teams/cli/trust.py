"""What a file in a repository may not decide alone: where keys go, and what agents can reach.

Rule 1: ``onecontext.toml`` comes with whatever was cloned. It may narrow, and choose among harmless things; what gives
        somebody something has to be said on the command line, by the person.
"""

from pathlib import Path
from urllib.parse import urlsplit

from onecontext.errors import UsageError
from teams.mission.config import FILE_NAME, Config

_LOOPBACK = {"127.0.0.1", "localhost", "::1", ""}
_SYSTEM = (Path("/usr"), Path("/opt"))


def check_trust(config: Config, project: Path) -> None:
    """Refuse a configuration that gives away more than a file may.

    Raises:
        UsageError: it names a server elsewhere, no sandbox, or folders outside ``project``; the hint is the flag that
            says the same.
    """
    host = urlsplit(config.model.api_base).hostname or ""
    if config.model.api_base and host not in _LOOPBACK:
        raise UsageError(
            f"{FILE_NAME} would send your key and your code to {host}",
            hint=f"if you mean it, say --api-base {config.model.api_base}",
        )
    if config.sandbox.tier == "none":
        raise UsageError(
            f"{FILE_NAME} switches the sandbox off, so that agents would run with your rights",
            hint="if you mean it, say --sandbox none",
        )
    outside = [folder for folder in (*config.sandbox.readable, *config.sandbox.tools) if not _harmless(folder, project)]
    if outside:
        raise UsageError(
            f"{FILE_NAME} would show agents {outside[0]}, which is outside the repository",
            hint=f"if you mean it, say --readable {outside[0]}",
        )


def _harmless(folder: str, project: Path) -> bool:
    path = (project / folder).resolve()
    return any(path.is_relative_to(allowed) for allowed in (project.resolve(), *_SYSTEM))
