"""What a change that was broken off may have done is taken back, wherever it came to."""

from pathlib import Path
from types import SimpleNamespace

from harness.lab.apply import between
from harness.lab.takeover import interfaces
from harness.render.tree import NodeTree, Source, TreeFile

BATCH = "etc/network/ip.batch"
OLD = "link set eth1 up\naddress add 10.0.0.1/24 dev eth1\n"
NEW = OLD + "address add 3fff:d40::1/64 dev eth1\n"
LAB = SimpleNamespace(name="x", nodes={"ns1": None})


def trees(**files):
    source = Source("s", Path("x"))
    held = {path.replace("__", "/").replace("_", "."): text for path, text in files.items()}
    return {"ns1": NodeTree("ns1", {path: TreeFile(text.encode(), 0o644, source) for path, text in held.items()})}


def test_an_address_that_the_broken_off_change_brought_goes_when_it_is_taken_back():
    old, half = trees(etc__network__ip_batch=OLD), trees(etc__network__ip_batch=NEW)
    (change,) = between(LAB, old, half, old)
    assert [each.path for each in change.files] == [BATCH]
    assert interfaces(change).undone == "address del 3fff:d40::1/64 dev eth1\n"


def test_a_service_that_it_started_ends():
    old, half = trees(etc__resolv_conf="x"), trees(etc__resolv_conf="x", etc__radvd_conf="interface lan {};")
    (change,) = between(LAB, old, half, old)
    assert [each.name for each in change.ended] == ["52-radvd"]


def test_going_on_takes_all_over_again():
    old, half = trees(etc__network__ip_batch=OLD), trees(etc__network__ip_batch=NEW)
    (change,) = between(LAB, old, half, half)
    assert interfaces(change).done == "address add 3fff:d40::1/64 dev eth1\n"
    assert between(LAB, old, {}, old) == ()
