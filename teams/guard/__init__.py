"""Where commands of agents run, and files of theirs are touched: the sandbox and the workspace."""

from teams.guard.port import CommandResult, Sandbox
from teams.guard.registry import TIERS, open_sandbox
from teams.guard.workspace import Workspace

__all__ = ["TIERS", "CommandResult", "Sandbox", "Workspace", "open_sandbox"]
