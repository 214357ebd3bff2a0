from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from harness.engine.base import Image
from harness.engine.embedded import blueprint, bundle
from harness.engine.embedded.bundle import Device, Places
from harness.errors import MissingCapability, WrongInput
from harness.topology.model import Bind, Endpoint, Link, NodeSpec, Topology

IMAGE = Image(Path("/images/x"), ("tini", "--", "start"), {"PATH": "/opt/bin", "LANG": "C.UTF-8"}, "x")
PLACES = Places(Path("/lab/root"), Path("/lab/etc"), Path("/lab/netns"))
TUN = Device("/dev/net/tun", "rwm", stat.S_IFCHR | 0o666, 10, 200)


def config(spec: NodeSpec, *devices: Device) -> dict:
    return bundle.config("lab", spec, IMAGE, PLACES, devices, links=3)


def mounts(spec: NodeSpec) -> dict[str, dict]:
    return {mount["destination"]: mount for mount in config(spec)["mounts"]}


def topology(*nodes: NodeSpec, links: tuple[Link, ...] = ()) -> Topology:
    return Topology("t", Path("t.clab.yml"), {spec.name: spec for spec in nodes}, links)


def test_a_node_has_dockers_capabilities_and_those_that_are_added() -> None:
    held = config(NodeSpec("n", capabilities=("NET_ADMIN",)))["process"]["capabilities"]
    assert set(held) == {"bounding", "effective", "permitted"}
    assert held["bounding"] == held["effective"] == held["permitted"]
    assert "CAP_NET_ADMIN" in held["bounding"]
    assert "CAP_MKNOD" in held["bounding"]
    assert "CAP_SYS_ADMIN" not in held["bounding"]
    assert len(held["bounding"]) == 15


def test_an_unknown_capability_is_refused_by_key() -> None:
    with pytest.raises(WrongInput, match=r"topology\.nodes\.n\.cap-add: there is no capability 'NET_ADMON'"):
        config(NodeSpec("n", capabilities=("NET_ADMON",)))


@pytest.mark.parametrize(
    ("spec", "argv"),
    [
        (NodeSpec("n"), ["tini", "--", "start"]),
        (NodeSpec("n", cmd=("sleep", "1")), ["tini", "--", "start", "sleep", "1"]),
        (NodeSpec("n", entrypoint=("sh",), cmd=("-c", "x")), ["sh", "-c", "x"]),
        (NodeSpec("n", entrypoint=(), cmd=("sleep", "1")), ["sleep", "1"]),
    ],
)
def test_a_topologys_command_goes_with_or_before_the_images(spec: NodeSpec, argv: list[str]) -> None:
    assert config(spec)["process"]["args"] == argv


def test_a_node_without_any_command_is_refused() -> None:
    with pytest.raises(WrongInput, match=r"topology\.nodes\.n"):
        config(NodeSpec("n", entrypoint=()))


def test_the_environment_is_the_images_under_the_topologys_and_counts_the_links() -> None:
    env = dict(entry.split("=", 1) for entry in config(NodeSpec("n", env={"LANG": "vi_VN.UTF-8"}))["process"]["env"])
    assert env == {"PATH": "/opt/bin", "HOSTNAME": "n", "HOME": "/root", "LANG": "vi_VN.UTF-8", "CLAB_INTFS": "3"}


def test_a_command_may_gain_privileges_by_its_file() -> None:
    assert config(NodeSpec("n"))["process"]["noNewPrivileges"] is False


def test_the_hostname_is_the_nodes_name_or_what_the_topology_says() -> None:
    assert config(NodeSpec("n"))["hostname"] == "n"
    assert config(NodeSpec("n", hostname="gw"))["hostname"] == "gw"
    assert bundle.private_files(NodeSpec("n", hostname="gw"))["hostname"] == "gw\n"


def test_the_hosts_resolver_is_not_handed_on() -> None:
    assert bundle.private_files(NodeSpec("n"))["resolv.conf"] == ""
    assert mounts(NodeSpec("n"))["/etc/resolv.conf"]["source"] == "/lab/etc/resolv.conf"


def test_proc_sys_is_read_only_and_sysfs_too() -> None:
    assert "/proc/sys" in config(NodeSpec("n"))["linux"]["readonlyPaths"]
    assert "ro" in mounts(NodeSpec("n"))["/sys"]["options"]


def test_binds_come_after_the_systems_mounts_and_may_be_read_only() -> None:
    spec = NodeSpec("n", binds=(Bind(Path("/a"), "/x"), Bind(Path("/b"), "/etc/hosts", read_only=True)))
    last = config(spec)["mounts"][-2:]
    assert [(m["source"], m["destination"], m["options"][-1]) for m in last] == [
        ("/a", "/x", "rw"),
        ("/b", "/etc/hosts", "ro"),
    ]


def test_a_device_is_made_and_allowed() -> None:
    linux = config(NodeSpec("n"), TUN)["linux"]
    assert linux["devices"][0] | {"fileMode": 0o666, "major": 10, "minor": 200, "type": "c"} == linux["devices"][0]
    refused, allowed = linux["resources"]["devices"]
    assert refused == {"allow": False, "access": "rwm"}
    assert allowed == {"allow": True, "type": "c", "major": 10, "minor": 200, "access": "rwm"}


def test_sysctls_of_the_network_are_set_before_the_links_and_the_others_by_runc() -> None:
    spec = NodeSpec("n", sysctls={"net.ipv4.ip_forward": "1", "kernel.msgmax": "9000"})
    assert config(spec)["linux"]["sysctl"] == {"kernel.msgmax": "9000"}
    assert bundle.network_sysctls(spec) == {
        "net.ipv4.ping_group_range": "0 2147483647",
        "net.ipv4.ip_unprivileged_port_start": "0",
        "net.ipv6.conf.all.disable_ipv6": "0",
        "net.ipv4.ip_forward": "1",
    }


def test_the_namespaces_are_the_nodes_own() -> None:
    spaces = {space["type"]: space.get("path") for space in config(NodeSpec("n"))["linux"]["namespaces"]}
    assert spaces == {"pid": None, "ipc": None, "uts": None, "mount": None, "network": "/lab/netns"}


def test_a_blueprint_has_every_node_and_both_ends_of_a_link() -> None:
    a, b = Endpoint("a", "eth1"), Endpoint("b", "eth7")
    link = Link(a, b, 1400, {b: "02:00:00:00:00:01"})
    plan = blueprint.draw("l", topology(NodeSpec("a"), NodeSpec("b"), links=(link,)), lambda ref: IMAGE, Path("/i"))
    assert [(part["name"], part["ports"]) for part in plan["nodes"]] == [("a", ["eth1"]), ("b", ["eth7"])]
    assert plan["links"] == [
        {
            "ends": [
                {"node": "a", "port": "eth1", "mac": ""},
                {"node": "b", "port": "eth7", "mac": "02:00:00:00:00:01"},
            ],
            "mtu": 1400,
        }
    ]


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (topology(NodeSpec("a", binds=(Bind(Path("/no/such"), "/x"),))), r"nodes\.a\.binds: there is no /no/such"),
        (topology(NodeSpec("a", devices=("/etc",))), r"nodes\.a\.devices: /etc is not a device"),
        (topology(NodeSpec("a/b")), "cannot be called 'a/b'"),
        (topology(NodeSpec("a"), links=(Link(Endpoint("a", "eth1"), Endpoint("z", "eth1")),)), "no node z"),
        (topology(NodeSpec("a"), links=(Link(Endpoint("a", "x" * 16), Endpoint("a", "eth1")),)), "15 characters"),
    ],
)
def test_what_cannot_be_built_is_refused_by_key(bad: Topology, said: str) -> None:
    with pytest.raises(WrongInput, match=said):
        blueprint.draw("l", bad, lambda ref: IMAGE, Path("/i"))


def test_a_device_that_the_machine_lacks_is_a_missing_capability() -> None:
    with pytest.raises(MissingCapability, match="/dev/no-such"):
        blueprint.device("/dev/no-such", "key")


def test_a_device_may_be_seen_under_another_name_with_less_access() -> None:
    found = blueprint.device("/dev/null:/dev/nothing:r", "key")
    assert (found.path, found.access, found.kind) == ("/dev/nothing", "r", "c")
    assert (found.major, found.minor) == (os.major(Path("/dev/null").stat().st_rdev), 3)
