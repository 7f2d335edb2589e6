"""Where the person's own files are: the rules of the XDG Base Directory Specification."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from onecontext.folders import cache_folder, config_folder

Folder = Callable[[Mapping[str, str]], Path | None]


@pytest.mark.parametrize(
    ("folder", "variable", "at_home"),
    [(config_folder, "XDG_CONFIG_HOME", ".config"), (cache_folder, "XDG_CACHE_HOME", ".cache")],
)
def test_a_folder_that_is_named_counts_before_the_home(folder: Folder, variable: str, at_home: str) -> None:
    assert folder({variable: "/named", "HOME": "/home/ann"}) == Path("/named/onecontext")
    assert folder({variable: "/named"}) == Path("/named/onecontext")
    assert folder({"HOME": "/home/ann"}) == Path("/home/ann", at_home, "onecontext")


@pytest.mark.parametrize(("folder", "variable"), [(config_folder, "XDG_CONFIG_HOME"), (cache_folder, "XDG_CACHE_HOME")])
@pytest.mark.parametrize("named", ["", "relative", "./here", "~/there"])
def test_a_relative_folder_is_as_if_none_were_named(folder: Folder, variable: str, named: str) -> None:
    assert folder({variable: named, "HOME": "/home/ann"}) == folder({"HOME": "/home/ann"})
    assert folder({variable: named}) is None


def test_nothing_of_one_folder_says_where_the_other_is() -> None:
    assert config_folder({"XDG_CACHE_HOME": "/cache", "XDG_DATA_HOME": "/data"}) is None
    assert cache_folder({"XDG_CONFIG_HOME": "/config", "HOME": ""}) is None
