"""Mount points of the host."""

from __future__ import annotations

from rke_py.tools.mounts import below, mount_points

MOUNTINFO = r"""21 28 0:19 / /sys rw,nosuid shared:7 - sysfs sysfs rw
28 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
40 28 254:0 /k /var/lib/kubelet rw shared:1 - ext4 /dev/vda rw
41 40 0:50 / /var/lib/kubelet/pods/a/volumes/kubernetes.io~projected/token rw - tmpfs tmpfs rw
42 40 0:51 / /var/lib/kubelet/pods/b/volumes/kubernetes.io~csi/x/mount rw - nfs4 server:/x rw
43 42 0:52 / /var/lib/kubelet/pods/b/volumes/kubernetes.io~csi/x/mount rw - ext4 /dev/vdb rw
44 28 0:53 / /srv/with\040blank\134and\011more rw - tmpfs tmpfs rw
45 28 0:54 / /var/lib/kubelet-backup rw - tmpfs tmpfs rw
"""


def test_points_come_in_the_order_in_which_they_were_mounted() -> None:
    assert mount_points(MOUNTINFO)[:3] == ("/sys", "/", "/var/lib/kubelet")


def test_escapes_are_resolved() -> None:
    assert "/srv/with blank\\and\tmore" in mount_points(MOUNTINFO)


def test_below_leaves_out_the_folder_itself_and_its_namesakes() -> None:
    assert below("/var/lib/kubelet", mount_points(MOUNTINFO)) == (
        "/var/lib/kubelet/pods/b/volumes/kubernetes.io~csi/x/mount",
        "/var/lib/kubelet/pods/b/volumes/kubernetes.io~csi/x/mount",
        "/var/lib/kubelet/pods/a/volumes/kubernetes.io~projected/token",
    )


def test_the_deepest_and_youngest_are_unmounted_first() -> None:
    assert below("/a", ("/a/b", "/a/b/c", "/a/d")) == ("/a/b/c", "/a/d", "/a/b")
