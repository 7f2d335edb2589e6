"""Where tokens and the values of secrets lie: a port, and what this house has for it.

Rule 1: no value goes to a file of ours, a log, a journal or a trace. Where the machine offers no keyring, values live
        in the memory of the process that holds the sessions, and end with it.
Rule 2: a keyring that writes files in clear is none.
"""

from typing import Protocol

from onecontext.errors import SetupError

SERVICE = "onecontext-mcp"
_SAFE = ("keyring.backends.SecretService", "keyring.backends.libsecret", "keyring.backends.kwallet")
_SAFE_ELSEWHERE = ("keyring.backends.macOS", "keyring.backends.Windows")


class Vault(Protocol):
    """Keeps texts by name. ``is_lasting``: what is set is there in the next process, too."""

    is_lasting: bool

    def get(self, name: str) -> str | None:
        """Return what was set; None when nothing was."""

    def set(self, name: str, value: str) -> None:
        """Keep ``value``; raises SetupError where it cannot be kept."""


class MemoryVault:
    """Keeps texts as long as the process lives."""

    is_lasting = False

    def __init__(self) -> None:
        self._values: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        """Return what was set; None when nothing was."""
        return self._values.get(name)

    def set(self, name: str, value: str) -> None:
        """Keep ``value``."""
        self._values[name] = value


class KeyringVault:
    """Keeps texts in the keyring of the person's desktop or system, through the library ``keyring``."""

    is_lasting = True

    def get(self, name: str) -> str | None:
        """Return what was set; None when nothing was, or when the keyring is locked."""
        import keyring
        from keyring.errors import KeyringError

        try:
            found: str | None = keyring.get_password(SERVICE, name)
        except KeyringError:
            return None
        return found

    def set(self, name: str, value: str) -> None:
        """Keep ``value``; raises SetupError where the keyring refuses."""
        import keyring
        from keyring.errors import KeyringError

        try:
            keyring.set_password(SERVICE, name, value)
        except KeyringError as error:
            raise SetupError(f"the keyring does not take it: {error}") from error


def open_vault() -> Vault:
    """Return the machine's keyring where there is a safe one, else a vault that lives as long as this process."""
    try:
        import keyring
    except ImportError:
        return MemoryVault()
    backend = keyring.get_keyring()
    # A chain of backends stores in the first of them.
    first = next(iter(getattr(backend, "backends", [])), backend)
    return KeyringVault() if type(first).__module__.startswith((*_SAFE, *_SAFE_ELSEWHERE)) else MemoryVault()
