"""What nodes' kernels announce of their routes."""

import pytest

from harness.probe.route_watch import RouteWatch
from tests.probe.conftest import ip


@pytest.mark.parametrize(
    "change",
    [
        "route add blackhole 10.77.0.0/16\nroute del blackhole 10.77.0.0/16",
        "-6 route add blackhole 3fff:77::/32\n-6 route del blackhole 3fff:77::/32",
    ],
    ids=["IPv4", "IPv6"],
)
def test_a_route_that_changed_is_heard_with_its_node(net, change):
    with RouteWatch([net.client, net.router]) as watch:
        before, _ = watch.quiet_for()
        ip(net.router, change)
        after, node = watch.quiet_for()
    assert node == "router"
    assert after < before + 0.1


def test_a_node_that_is_not_watched_disturbs_nobody(net):
    with RouteWatch([net.client]) as watch:
        ip(net.router, "route add blackhole 10.77.0.0/16\nroute del blackhole 10.77.0.0/16")
        _, node = watch.quiet_for()
    assert node == "nothing yet"


def test_quiet_lasts_as_long_as_nothing_changes(net):
    with RouteWatch([net.router]) as watch:
        first, _ = watch.quiet_for()
        second, _ = watch.quiet_for()
    assert second >= first
