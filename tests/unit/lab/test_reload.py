from pathlib import Path

import pytest

from harness.errors import WrongInput
from harness.lab import reload

IMAGE = Path(__file__).parents[3] / "images" / "node" / "overlay"


def names(*arguments):
    return [service.name for service in reload.services(*arguments)]


def test_a_file_concerns_the_daemon_that_reads_it_and_no_other():
    there = ["etc/nftables.conf", "etc/frr/frr.conf", "etc/radvd.conf"]
    assert names("gw", ["etc/frr/frr.conf"], there) == ["30-frr"]
    assert names("gw", ["etc/frr/daemons", "etc/nftables.conf"], there) == ["10-nftables", "30-frr"]


def test_a_certificate_concerns_every_daemon_of_the_node_that_serves_with_it():
    there = ["etc/nginx/nginx.conf", "etc/postfix/main.cf", "etc/ssl/v6lab/server.pem"]
    assert names("mail", ["etc/ssl/v6lab/server.pem"], there) == ["62-nginx", "66-postfix"]


def test_a_page_is_read_when_it_is_asked_for():
    assert names("portal", ["srv/www/portal/index.html"], ["etc/nginx/nginx.conf"]) == []


def test_a_file_that_nobody_is_known_to_read_is_refused():
    with pytest.raises(WrongInput, match=r"portal:etc/snmpd.conf.*nothing on this node is known to read this file"):
        reload.services("portal", ["etc/snmpd.conf"], ["etc/nginx/nginx.conf"])


def test_a_daemon_that_the_node_does_not_run_does_not_count():
    with pytest.raises(WrongInput, match="etc/bind/extra"):
        reload.services("portal", ["etc/bind/extra"], ["etc/nginx/nginx.conf"])


def test_the_table_and_the_image_know_the_same_services():
    directory = IMAGE / reload.SERVICES.lstrip("/")
    needs = {
        file.name: next(line for line in file.read_text().splitlines() if line.startswith("# needs: "))[9:]
        for file in directory.iterdir()
    }
    assert needs == {service.name: service.needs for service in reload.TABLE}


def test_the_table_is_in_the_order_in_which_a_node_starts():
    assert [service.name for service in reload.TABLE] == sorted(service.name for service in reload.TABLE)
