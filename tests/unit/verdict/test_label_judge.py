from dataclasses import replace

import pytest

from harness.verdict import label
from harness.verdict.label import Look

PAGE = '<script src="/chung/ipv6-ready.js" defer></script> <p id="ipv6-ready" hidden></p>'
GOOD = Look(("3fff::1",), 200, PAGE, 200)


def test_a_site_with_aaaa_page_and_label_is_fine():
    assert not label.labelled("www", GOOD)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"addresses": ()}, "no AAAA record"),
        ({"status": None, "said": "silence"}, "page over IPv6: silence"),
        ({"status": 421}, "page over IPv6: 421"),
        ({"page": "<p>welcome</p>"}, "the page has no label of its own origin"),
        ({"page": PAGE.replace("/chung", "https://elsewhere.vn")}, "the page has no label of its own origin"),
        ({"page": PAGE.replace('id="ipv6-ready"', "")}, "the page has no label of its own origin"),
        ({"script": 404}, "script over IPv6: 404"),
    ],
)
def test_each_thing_that_a_site_lacks_is_found(changed, said):
    assert [each.what for each in label.labelled("www", replace(GOOD, **changed))] == [said]


def test_the_script_is_found_by_its_path():
    assert label.script_of(PAGE) == "/chung/ipv6-ready.js"


def test_the_label_is_kept_by_six_good_weeks_and_not_by_five_nor_with_a_bad_one():
    bad = label.labelled("www", replace(GOOD, status=502))
    assert not label.kept({"www": [()] * 6})
    assert label.kept({"www": [()] * 5})[0].what == "passed 5 of 6 looks"
    assert label.kept({"www": [*[()] * 5, bad]})[0].what == "passed 5 of 6 looks; page over IPv6: 502"
