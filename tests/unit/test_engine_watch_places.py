from pathlib import Path

import pytest

from teams.engine.watch_places import Mount, is_shared, mount_of, read_mounts

LINES = r"""22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /home rw - nfs4 server:/home rw
31 30 0:41 / /home/ann/with\040blank rw shared:7 master:2 - fuse.sshfs ann@host: rw
32 22 0:42 / /mnt/data rw - cifs //server/data rw
33 22 8:2 / /mnt/data rw - xfs /dev/sdb1 rw
not a line at all
34 22 0:43 / /home/ann/local rw - tmpfs tmpfs rw
"""


@pytest.fixture
def mounts(tmp_path: Path) -> list[Mount]:
    path = tmp_path / "mountinfo"
    path.write_text(LINES)
    return read_mounts(path)


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/", "ext4"),
        ("/srv/x", "ext4"),
        ("/home/bob/project", "nfs4"),
        ("/homeless", "ext4"),
        ("/home/ann/with blank/project", "fuse.sshfs"),
        ("/home/ann/local", "tmpfs"),
        ("/mnt/data/x", "xfs"),  # mounted over the cifs that was there first
    ],
)
def test_a_folder_is_on_the_mount_that_is_nearest_above(mounts: list[Mount], folder: str, kind: str) -> None:
    mount = mount_of(Path(folder), mounts)

    assert mount is not None
    assert mount.kind == kind


@pytest.mark.parametrize(
    "kind",
    [
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "9p",
        "virtiofs",
        "vboxsf",
        "vmhgfs",
        "fuse.sshfs",
        "fuse.rclone",
        "fuse",
        "ceph",
        "lustre",
        "afs",
    ],
)
def test_others_write_to_these(kind: str) -> None:
    assert is_shared(kind)


@pytest.mark.parametrize(
    "kind", ["ext4", "xfs", "btrfs", "tmpfs", "overlay", "zfs", "fuseblk", "fuse.fuse-overlayfs", "vfat"]
)
def test_only_this_kernel_writes_to_these(kind: str) -> None:
    assert not is_shared(kind)


def test_where_nobody_lists_mounts_nothing_is_known(tmp_path: Path) -> None:
    assert read_mounts(tmp_path / "missing") == []
    assert mount_of(tmp_path, []) is None


def test_this_machines_own_list_is_read() -> None:
    mount = mount_of(Path("/proc/self"), read_mounts())

    assert mount == Mount("/proc", "proc")
