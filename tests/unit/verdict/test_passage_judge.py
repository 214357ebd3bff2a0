from harness.verdict import passage
from harness.verdict.passage import Asked, Sent

LOST = Sent("vnix to portal", "2/0", "portal", ("edge1 viettel",))
CAME = Sent("vnix to portal", "1/0", "portal", ("edge1 viettel", "portal eth1"))
NOWHERE = Sent("vnix to portal", "3/0", "portal", ())


def test_what_must_pass_and_did_is_fine():
    assert not passage.all_arrive([CAME])


def test_what_was_lost_is_found_with_the_place_it_was_last_seen_at():
    (finding,) = passage.all_arrive([CAME, LOST])
    assert "lost: 2/0" in str(finding)
    assert "edge1 viettel" in str(finding)


def test_a_name_that_begins_like_the_end_is_not_the_end():
    assert not Sent("a", "b", "fw1", ("fw10 eth1",)).arrived


def test_what_must_not_pass_and_did_is_found_once_with_all_its_ends():
    twice = [Sent("pc", "RA", end, ("pc eth1", "one eth1", "two eth1")) for end in ("one", "two", "three")]
    (finding,) = passage.none_arrive(twice)
    assert "one, two" in str(finding)
    assert "three" not in str(finding)


def test_what_was_dropped_is_fine():
    assert not passage.none_arrive([LOST])


def test_a_packet_that_nobody_saw_proves_nothing():
    assert passage.unsent([CAME, LOST, NOWHERE]) == ("vnix to portal: 3/0",)


def test_a_host_that_believes_something_new_or_less_is_found():
    before = {"resolvers": ["a", "b"], "routes": ["x"]}
    assert not passage.unchanged("pc", before, {"resolvers": ["b", "a"], "routes": ["x"]})
    (finding,) = passage.unchanged("pc", before, {"resolvers": ["a", "evil"], "routes": ["x"]})
    assert "+evil -b" in str(finding)


def test_what_passes_a_filter_is_found_once_a_path_with_all_its_kinds():
    came = [Sent("core1 to ns1", what, "ns1", ("fw1 core1", "ns1 eth1")) for what in ("133", "135")]
    (finding,) = passage.none_pass([*came, Sent("core1 to ns1", "138", "ns1", ("fw1 core1",)), LOST])
    assert "let through: 133, 135" in str(finding)


def test_solicitations_are_answered_with_hop_limit_255_and_with_no_other():
    right = [Asked("pc to gw", "from ::", 255, True), Asked("pc to gw", "from ::", 254, False)]
    assert not passage.only_neighbours_heard(right)
    deaf, credulous = (Asked("pc to gw", "from ::", limit, limit != 255) for limit in (255, 254))
    assert "255 is not answered" in str(passage.only_neighbours_heard([deaf])[0])
    assert "254 is answered" in str(passage.only_neighbours_heard([credulous])[0])
