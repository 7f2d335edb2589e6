"""YAML of strangers, as plain values.

Rule 1: safe types only, no aliases (a few lines of them fill any memory), nested to a bounded depth.
"""

from typing import Any

_MAX_DEPTH = 50


def mapping(content: bytes | None) -> dict[str, Any] | None:
    """Return the mapping with text keys in ``content``; None where there is none or it is something else."""
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        text = (content or b"").decode("utf-8")
        depth = 0
        for event in yaml.parse(text, Loader=loader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if isinstance(event, yaml.AliasEvent) or depth > _MAX_DEPTH:
                return None
        data = yaml.load(text, loader)  # a safe loader, both of them
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError):
        return None
    return data if isinstance(data, dict) and all(isinstance(key, str) for key in data) else None
