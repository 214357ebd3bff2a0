"""Features of this kernel that a lab uses, each tried where it can do no harm: in a network namespace of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

TRY_SECONDS = 10.0
AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature, the shell commands that need it, and what a lab does without it."""

    commands: str
    cost: str


FEATURES: Mapping[str, Feature] = {
    "IPv6": Feature("ip link set lo up && ip addr add 2001:db8::1/128 dev lo", "nothing can be verified here"),
    "veth": Feature("ip link add p0 type veth peer name p1", "no link can be made: no lab at all"),
    "bridge": Feature("ip link add p0 type bridge", "no switch: no lab with shared LANs"),
    "policy routing": Feature(
        "ip rule add fwmark 1 table 100 && ip -6 rule add fwmark 1 table 100",
        "sites with two uplinks cannot choose one by source address",
    ),
    "tun": Feature("ip tuntap add dev p0 mode tun", "no NAT64 and no CLAT: IPv6-only clients reach no IPv4"),
    "macvlan": Feature(
        "ip link add p0 type veth peer name p1 && ip link add p2 link p0 type macvlan mode bridge",
        "no VRRP between a site's two gateways",
    ),
    "VLAN (802.1Q)": Feature(
        "ip link add p0 type veth peer name p1 && ip link add p2 link p0 type vlan id 7",
        "every VLAN is a veth or a bridge of its own; what needs tags is skipped",
    ),
    "bridge VLAN filtering": Feature(
        "ip link add p0 type bridge vlan_filtering 1",
        "a switch carries one VLAN a bridge; what needs a trunk is skipped",
    ),
    "VRF": Feature(
        "ip link add p0 type vrf table 10", "what needs a routing table of its own in one router is skipped"
    ),
    "VXLAN": Feature("ip link add p0 type vxlan id 7 dstport 4789", "what needs an overlay between sites is skipped"),
    "dummy": Feature("ip link add p0 type dummy", "loopback addresses are on lo"),
    "ifb": Feature("ip link add p0 type ifb", "incoming traffic cannot be shaped"),
    "netem": Feature(
        "ip link set lo up && tc qdisc add dev lo root netem delay 1ms",
        "no delay and no reordering; loss is made by nftables, a rate by tbf",
    ),
    "tbf": Feature(
        "ip link set lo up && tc qdisc add dev lo root tbf rate 1mbit burst 10kb latency 50ms", "no link can be slowed"
    ),
    "clsact": Feature("ip link set lo up && tc qdisc add dev lo clsact", "traffic cannot be filtered before nftables"),
    "nftables": Feature("nft add table inet t", "no firewall: the data centre's cannot start"),
    "nftables conntrack": Feature(
        "nft 'add table inet t; add chain inet t c { type filter hook input priority 0; };"
        " add rule inet t c ct state established accept'",
        "firewalls cannot be stateful",
    ),
    "nftables NAT": Feature(
        "nft 'add table ip t; add chain ip t c { type nat hook postrouting priority 100; };"
        " add rule ip t c masquerade'",
        "no NAT44: the IPv4 of the baseline cannot leave its sites",
    ),
    "nftables fib": Feature(
        "nft 'add table inet t; add chain inet t c { type filter hook prerouting priority 0; };"
        " add rule inet t c fib saddr . iif oif missing drop'",
        "spoofed sources cannot be refused (BCP 38, RFC 2827)",
    ),
    "nftables bridge": Feature(
        "nft 'add table bridge t; add chain bridge t c { type filter hook forward priority 0; };"
        " add rule bridge t c icmpv6 type nd-router-advert drop'",
        "no RA guard and no DHCP guard on access switches (RFC 6105)",
    ),
    "nftables netdev": Feature(
        "ip link add p0 type veth peer name p1 && nft 'add table netdev t; add chain netdev t c"
        " { type filter hook ingress device p0 priority 0; }; add rule netdev t c drop'",
        "a link cannot be silenced while its carrier stays",
    ),
    "nftables numgen": Feature(
        "nft 'add table inet t; add chain inet t c { type filter hook input priority 0; };"
        " add rule inet t c numgen random mod 100 < 1 drop'",
        "no random loss on a link",
    ),
}


def missing(name: str) -> str | None:
    """Why this kernel lacks the feature, in the words of the command that failed; ``None`` where it has it.

    ``KeyError`` for a name that is not in ``FEATURES``.
    """
    feature = FEATURES[name]
    argv = [*_namespace(), "sh", "-c", feature.commands]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=TRY_SECONDS)
    except subprocess.TimeoutExpired:
        return f"no answer in {TRY_SECONDS:.0f} s"
    except OSError as error:
        return f"{argv[0]}: {error.strerror}"
    return reason(done.stderr) if done.returncode else None


def missing_of(names: Sequence[str]) -> Mapping[str, str | None]:
    """The same for many at once."""
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="kernel") as pool:
        return dict(zip(names, pool.map(missing, names), strict=True))


def reason(stderr: str) -> str:
    """The line of an error message that says something."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip(" \t^~")]
    told = [line for line in lines if "rror" in line]
    return (told or lines or ["refused without a word"])[0].removeprefix("RTNETLINK answers: ")


def _namespace() -> list[str]:
    """A user other than root may make one inside a user namespace, where the kernel allows it."""
    unshare = shutil.which("unshare") or "unshare"
    return [unshare, "--net"] if os.geteuid() == 0 else [unshare, "--map-root-user", "--net"]
