"""What every engine does for a lab that stands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from contract_labs import ADDRESSES, node, topology
from traces import reaches

from harness.engine.base import Engine
from harness.errors import CannotMeasure, LabFailed, MissingCapability, WrongInput
from harness.topology.model import Bind


def quiet(line: str) -> None:
    """Progress that nobody hears."""


def test_every_node_of_a_lab_that_is_up_runs(engine: Engine, standing: str) -> None:
    nodes = engine.nodes(standing)
    assert {name: (found.state, found.role) for name, found in nodes.items()} == {
        "left": ("running", "host"),
        "right": ("running", "host"),
    }


def test_a_nodes_handle_leads_to_its_root_and_its_namespace(engine: Engine, standing: str) -> None:
    left, right = (engine.nodes(standing)[name] for name in ("left", "right"))
    assert (left.root / "etc/hostname").read_text().strip() == "left"
    assert len({found.stat().st_ino for found in (left.netns, right.netns, Path("/proc/self/ns/net"))}) == 3


@pytest.mark.parametrize("family", [0, 1], ids=["IPv4", "IPv6"])
def test_linked_nodes_reach_each_other(engine: Engine, standing: str, family: int) -> None:
    assert reaches(engine, standing, "left", ADDRESSES["right"][family])
    assert reaches(engine, standing, "right", ADDRESSES["left"][family])


def test_a_link_has_the_mtu_that_its_file_gives_it(engine: Engine, standing: str) -> None:
    for name in ("left", "right"):
        assert engine.exec(standing, name, ["cat", "/sys/class/net/eth1/mtu"]).out == "1500\n"


def test_a_command_gives_its_code_and_both_outputs(engine: Engine, standing: str) -> None:
    done = engine.exec(standing, "left", ["sh", "-c", "cat; echo to err >&2; exit 7"], stdin=b"to out")
    assert (done.code, done.out, done.err.strip()) == (7, "to out", "to err")


def test_a_large_input_and_output_pass_whole(engine: Engine, standing: str) -> None:
    content = b"0123456789abcde\n" * 40_000
    assert engine.exec(standing, "left", ["cat"], stdin=content).out == content.decode()


def test_output_that_is_no_text_is_no_error(engine: Engine, standing: str) -> None:
    assert engine.exec(standing, "left", ["printf", r"a\377b"]).out == "a�b"


def test_a_command_that_does_not_exist_is_127(engine: Engine, standing: str) -> None:
    done = engine.exec(standing, "left", ["no-such-command"])
    assert done.code == 127
    assert "no-such-command" in done.err + done.out


def test_a_command_that_does_not_end_could_not_be_measured(engine: Engine, standing: str) -> None:
    with pytest.raises(CannotMeasure, match=r"sleep.*0\.3 s"):
        engine.exec(standing, "left", ["sleep", "1234"], timeout=0.3)
    assert engine.exec(standing, "left", ["pgrep", "-f", "sleep 1234"]).code == 1


def test_a_daemon_that_keeps_the_pipes_does_not_hold_up_its_command(engine: Engine, standing: str) -> None:
    done = engine.exec(standing, "left", ["sh", "-c", "setsid sleep 20 & echo started $!"], timeout=5)
    word, pid = done.out.split()
    assert word == "started"
    assert engine.exec(standing, "left", ["kill", pid]).code == 0


def test_a_node_that_does_not_exist_is_named_with_those_that_do(engine: Engine, standing: str) -> None:
    with pytest.raises(LabFailed, match=r"middle.*left.*right"):
        engine.exec(standing, "middle", ["true"])


def test_a_lab_that_is_not_up_is_said_to_be_so(engine: Engine, lab: str) -> None:
    with pytest.raises(LabFailed, match=lab):
        engine.nodes(lab)
    with pytest.raises(LabFailed, match=lab):
        engine.exec(lab, "left", ["true"])


def test_files_are_made_replaced_and_removed(engine: Engine, standing: str) -> None:
    def listed(path: str) -> str:
        return engine.exec(standing, "left", ["sh", "-c", f"stat -c %a {path} && cat {path}"]).out

    engine.push(standing, "left", {"/srv/new/dir/plain": b"one\n", "/srv/new/script": b"#!/bin/sh\n"})
    assert listed("/srv/new/dir/plain") == "644\none\n"
    assert listed("/srv/new/script") == "755\n#!/bin/sh\n"
    engine.exec(standing, "left", ["chmod", "600", "/srv/new/dir/plain"])
    engine.push(standing, "left", {"/srv/new/dir/plain": b"two\n", "/srv/new/script": None, "/srv/not/there": None})
    assert listed("/srv/new/dir/plain") == "600\ntwo\n"
    assert engine.exec(standing, "left", ["ls", "/srv/new"]).out == "dir\n"


def test_a_file_that_is_a_mount_point_can_be_written(engine: Engine, standing: str) -> None:
    engine.push(standing, "left", {"/etc/resolv.conf": b"nameserver 2001:db8::53\n"})
    assert engine.exec(standing, "left", ["cat", "/etc/resolv.conf"]).out == "nameserver 2001:db8::53\n"
    engine.push(standing, "left", {"/etc/resolv.conf": b""})


def test_a_link_in_a_node_does_not_lead_a_push_out_of_it(engine: Engine, standing: str, tmp_path: Path) -> None:
    engine.exec(standing, "left", ["ln", "-s", str(tmp_path), "/srv/out"])
    engine.push(standing, "left", {"/srv/out/file": b"x"})
    assert not list(tmp_path.iterdir())


def test_the_hosts_resolver_does_not_leak_into_a_node(engine: Engine, standing: str) -> None:
    assert "nameserver" not in engine.exec(standing, "right", ["cat", "/etc/resolv.conf"]).out


def test_a_node_has_its_links_and_no_way_out(engine: Engine, standing: str) -> None:
    ports = engine.exec(standing, "left", ["ls", "/sys/class/net"]).out.split()
    assert sorted(ports) == ["eth1", "lo"]
    for family, outside in (("-4", "203.0.113.1"), ("-6", "3fff::1")):
        assert engine.exec(standing, "left", ["ip", family, "route", "show", "default"]).out == ""
        refused = engine.exec(standing, "left", ["ping", family, "-c1", "-W1", outside])
        assert "unreachable" in (refused.out + refused.err).lower()


def test_a_commands_capabilities_are_the_nodes_own(engine: Engine, standing: str) -> None:
    own, first = (
        engine.exec(standing, "left", ["grep", "-E", "CapBnd|CapEff|CapPrm", f"/proc/{which}/status"]).out
        for which in ("self", "1")
    )
    docker_and_net_admin = 0xA80425FB | 1 << 12
    assert own == first
    assert f"CapEff:\t{docker_and_net_admin:016x}" in own


def test_what_the_topology_gives_a_node_is_there(engine: Engine, lab: str, tmp_path: Path) -> None:
    if not Path("/dev/net/tun").exists():
        pytest.skip(str(MissingCapability("/dev/net/tun", "a device cannot be handed to a node")))
    (tmp_path / "given").write_text("from the host\n")
    rich = node(
        "rich",
        env={"COLOUR": "green"},
        binds=(Bind(tmp_path / "given", "/srv/given", read_only=True),),
        sysctls={"net.ipv6.conf.default.accept_ra": "0", "net.ipv4.ip_forward": "1"},
        capabilities=("NET_ADMIN",),
        devices=("/dev/net/tun",),
    )
    engine.deploy(lab, topology(lab, tmp_path, rich, node("poor")), quiet)

    def says(command: str, where: str = "rich") -> str:
        return engine.exec(lab, where, ["sh", "-c", command]).out.strip()

    assert says("echo $COLOUR $CLAB_INTFS; tr '\\0' '\\n' < /proc/1/environ | grep COLOUR") == "green 1\nCOLOUR=green"
    assert says("cat /srv/given; echo x > /srv/given || echo refused").endswith("refused")
    assert says("cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/eth1/accept_ra") == "1\n0"
    assert says("cat /proc/sys/net/ipv4/ping_group_range").split() == ["0", "2147483647"]
    assert says("ip tuntap add dev tun0 mode tun && echo made") == "made"
    assert says("ip link add br0 type bridge || echo refused", "poor") == "refused"
    assert says("test -e /dev/net/tun || echo none", "poor") == "none"
    assert says("echo 1 > /proc/sys/net/ipv4/ip_forward || echo refused") == "refused"
    assert says("hostname") == "rich"


def test_commands_of_the_topology_run_in_order_and_a_failing_one_is_told(
    engine: Engine, lab: str, tmp_path: Path
) -> None:
    lines: list[str] = []
    commands = ("sh -c 'echo one >> /srv/order'", "cat /srv/missing", "sh -c 'echo two >> /srv/order'")
    engine.deploy(lab, topology(lab, tmp_path, node("only", exec=commands)), lines.append)
    assert engine.exec(lab, "only", ["cat", "/srv/order"]).out == "one\ntwo\n"
    assert any("only" in line and "/srv/missing" in line for line in lines)


def test_what_a_nodes_first_process_says_can_be_read(engine: Engine, lab: str, tmp_path: Path) -> None:
    talker = node("talker", cmd=("sh", "-c", "echo out; echo err >&2; exec sleep infinity"))
    engine.deploy(lab, topology(lab, tmp_path, talker), quiet)
    assert sorted(engine.log(lab, "talker").split()) == ["err", "out"]  # type: ignore[attr-defined]


def test_labs_with_the_same_node_names_do_not_see_each_other(
    engine: Engine, standing: str, new_lab: Callable[[], str], tmp_path: Path
) -> None:
    other = new_lab()
    engine.deploy(other, topology(other, tmp_path, node("left"), node("right")), quiet)
    assert engine.nodes(standing)["left"].pid != engine.nodes(other)["left"].pid
    engine.push(other, "left", {"/srv/mark": b"other"})
    assert engine.exec(standing, "left", ["cat", "/srv/mark"]).code == 1
    assert not reaches(engine, other, "left", ADDRESSES["right"][0])
    engine.destroy(other)
    assert reaches(engine, standing, "left", ADDRESSES["right"][0])


def test_a_lab_that_is_up_is_not_deployed_again(engine: Engine, standing: str, tmp_path: Path) -> None:
    with pytest.raises(WrongInput, match=f"{standing} is already up"):
        engine.deploy(standing, topology(standing, tmp_path, node("left")), quiet)
    assert engine.nodes(standing)["right"].state == "running"
