"""What to do when a machine has no sandbox: one sentence for this machine, read from its own settings."""

from pathlib import Path

_WITHOUT = "or choose '--sandbox none': commands then run with your own rights, files and network"
_INSTALL = {
    "debian": "sudo apt install bubblewrap",
    "ubuntu": "sudo apt install bubblewrap",
    "fedora": "sudo dnf install bubblewrap",
    "rhel": "sudo dnf install bubblewrap",
    "arch": "sudo pacman -S bubblewrap",
    "alpine": "sudo apk add bubblewrap",
    "suse": "sudo zypper install bubblewrap",
}
# Each setting that can forbid user namespaces: file, value that forbids, what to do.
_SETTINGS = (
    (
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "AppArmor forbids user namespaces here; allow them to bwrap with the profile 'bwrap-userns-restrict' "
        "(sudo apt install apparmor-profiles), or to all with "
        "'sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0'",
    ),
    (
        "/proc/sys/kernel/unprivileged_userns_clone",
        "0",
        "this kernel forbids user namespaces; 'sudo sysctl -w kernel.unprivileged_userns_clone=1' allows them",
    ),
    (
        "/proc/sys/user/max_user_namespaces",
        "0",
        "this kernel forbids user namespaces; 'sudo sysctl -w user.max_user_namespaces=10000' allows them",
    ),
)
_CONTAINER_MARKS = ("/.dockerenv", "/run/.containerenv")


def how_to_install(os_release: Path = Path("/etc/os-release")) -> str:
    """Return how bubblewrap is installed on this distribution."""
    try:
        lines = os_release.read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    fields = dict(line.split("=", 1) for line in lines if "=" in line)
    names = [word.strip('"') for key in ("ID", "ID_LIKE") for word in fields.get(key, "").strip('"').split()]
    command = next((_INSTALL[name] for name in names if name in _INSTALL), "")
    return f"{command or 'install the package bubblewrap (Linux only)'}; {_WITHOUT}"


def how_to_allow(root: Path = Path("/")) -> str:
    """Return what keeps bubblewrap from working here, and the setting that allows it; ``root`` is where / is."""
    for file, forbidding, advice in _SETTINGS:
        try:
            value = (root / file.lstrip("/")).read_text(encoding="ascii").strip()
        except OSError:
            continue
        if value == forbidding:
            return f"{advice}; {_WITHOUT}"
    if any((root / mark.lstrip("/")).exists() for mark in _CONTAINER_MARKS):
        return f"this container forbids new namespaces; start it with '--security-opt seccomp=unconfined'; {_WITHOUT}"
    return f"'bwrap --unshare-all --ro-bind / / true' shows what is in the way; {_WITHOUT}"
