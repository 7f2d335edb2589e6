"""What can go wrong with a server, beside what :mod:`onecontext.errors` has; exit codes are those of its tree."""

from onecontext.errors import OneContextError, SetupError


class NoServer(SetupError):
    """The server cannot be started or reached, or did not come to answer. Exit code 3."""


class NeedsLogin(SetupError):
    """The server wants a person to log in, and there was nobody to ask. Exit code 3."""


class ServerFailed(OneContextError):
    """The server answered with an error, or with something that is no answer, or not in time. Exit code 1."""


class CallInDoubt(ServerFailed):
    """The server went away during a call: whether it was carried out is not known. Nothing was repeated."""


class ToolChanged(SetupError):
    """The tool takes something else than when it was imported; it was not called. Exit code 3."""


KINDS = {kind.__name__: kind for kind in (NoServer, NeedsLogin, ServerFailed, CallInDoubt, ToolChanged)}
