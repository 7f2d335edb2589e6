"""What a sandboxed command can see of the machine: an allow-list, as arguments of bwrap.

Rule 1: what is not listed here is not there. Nothing of a home, no .ssh, no memory folder, no socket of the host.
Rule 2: everything of the host is read-only; only the workspace can be written, and never its .git.
"""

import stat
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

WORKSPACE = "/workspace"
FALLBACK = "/opt/fallback"  # has a `python`, for systems that only have `python3`
HOME = "/tmp/home"  # inside the sandbox, where /tmp is its own and empty
_ROOT_FOLDERS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
# Looked up by loaders, resolvers and TLS libraries; nothing in them is a secret. Not here: shadow, ssl/private, ssh.
_ETC = (
    "alternatives",
    "ca-certificates",
    "ca-certificates.conf",
    "crypto-policies",
    "fonts",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "mime.types",
    "nsswitch.conf",
    "os-release",
    "pki/ca-trust",
    "pki/tls/certs",
    "pki/tls/openssl.cnf",
    "protocols",
    "services",
    "ssl/certs",
    "ssl/openssl.cnf",
    "terminfo",
    "timezone",
)
_OTHER = ("/nix/store", "/gnu/store")


def system_mounts(*, sizes: bool) -> list[str]:
    """Return the mounts that every sandbox has. ``sizes``: this bwrap can bound a tmpfs (0.7 and later)."""
    arguments = ["--ro-bind", "/usr", "/usr"]
    for name in _ROOT_FOLDERS:
        folder = Path("/", name)
        if folder.is_symlink():
            arguments += ["--symlink", str(folder.readlink()), str(folder)]
        elif folder.is_dir():
            arguments += ["--ro-bind", str(folder), str(folder)]
    for folder_name in ("/etc", "/etc/ssl", "/etc/pki", "/etc/pki/tls", "/var"):
        arguments += ["--perms", "0755", "--dir", folder_name]
    for name in _ETC:
        # -try: what this distribution does not have is left out.
        arguments += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    for folder_name in _OTHER:
        arguments += ["--ro-bind-try", folder_name, folder_name]
    arguments += ["--proc", "/proc", "--dev", "/dev"]
    for folder_name, size_bytes in (("/dev/shm", 1 << 28), ("/tmp", 1 << 30), ("/var/tmp", 1 << 28)):
        arguments += ["--size", str(size_bytes)] if sizes else []
        arguments += ["--perms", "1777", "--tmpfs", folder_name]
    # Of itself bwrap's /dev is a file system without a bound, and writable for a command that runs as who we are.
    arguments += ["--remount-ro", "/dev"]
    arguments += ["--perms", "0755", "--dir", "/opt", "--perms", "0755", "--dir", FALLBACK]
    arguments += ["--symlink", sys.executable, f"{FALLBACK}/python"]
    return [*arguments, "--perms", "0777", "--dir", HOME]


def readable_mounts(folders: Iterable[Path]) -> list[str]:
    """Return read-only mounts of ``folders`` at their own paths, outermost first."""
    arguments: list[str] = []
    made: set[Path] = set()
    for folder in sorted(dict.fromkeys(folders)):
        for parent in reversed(folder.parents[:-1]):
            # bwrap would give a parent the mode of the host's, which may be 0700 and another user's.
            if parent not in made:
                made.add(parent)
                arguments += ["--perms", "0755", "--dir", str(parent)]
        arguments += ["--ro-bind", str(folder), str(folder)]
        made.add(folder)
    return arguments


def workspace_mounts(workspace: Path, *, writable: bool) -> list[str]:
    """Return the mounts of the working copy; its .git goes read-only on top, so that no hook can be planted."""
    arguments = ["--bind" if writable else "--ro-bind", str(workspace), WORKSPACE]
    git = workspace / ".git"
    try:
        kind = git.lstat().st_mode
    except FileNotFoundError:
        return arguments
    # A symlink is not mounted: bwrap would follow it, and an agent may have made it.
    if writable and (stat.S_ISDIR(kind) or stat.S_ISREG(kind)):
        arguments += ["--ro-bind", str(git), f"{WORKSPACE}/.git"]
    return arguments


def file_mounts(files: Sequence[tuple[int, str]]) -> list[str]:
    """Return mounts of files whose content bwrap reads from a descriptor: (descriptor, path inside)."""
    arguments: list[str] = []
    for descriptor, path in files:
        arguments += ["--perms", "0644", "--ro-bind-data", str(descriptor), path]
    return arguments


def synthetic_files(uid: int) -> dict[str, str]:
    """Return the files of /etc that we make up, path to text: who there is, and where localhost is."""
    return {
        "/etc/passwd": f"root:x:0:0::/root:/bin/sh\nagent:x:{uid}:{uid}::{HOME}:/bin/bash\n",
        "/etc/group": f"root:x:0:\nagent:x:{uid}:\n",
        "/etc/hosts": "127.0.0.1 localhost sandbox\n::1 localhost\n",
    }
