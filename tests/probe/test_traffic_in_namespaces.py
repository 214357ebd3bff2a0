"""Continuity, captures, paths, web and mail, against real kernels and small servers."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import CannotMeasure
from harness.history.history import History
from harness.history.seen import Family, Seen
from harness.node import Node
from harness.probe.capture import Capture
from harness.probe.continuity import Continuity, Flow
from harness.probe.http import HttpAsk, Request, fetch, fetch_many
from harness.probe.imap import find
from harness.probe.mail import Login, banner, send, try_relay
from harness.probe.path import addresses, path
from harness.probe.route import links
from harness.probe.tls import Tls
from harness.probe.udp import ask
from harness.wait import Condition, Deadline, until
from tests.probe.conftest import (
    BLACKHOLE,
    CLIENT,
    NOBODY,
    ROUTER,
    ROUTER_SIDE_COMMANDS,
    SERVER,
    SERVER_COMMANDS,
    UNREACHABLE,
    Net,
    ip,
    network,
    wait_for_namespace,
    without_dad,
)
from tests.probe.servers import tcp_server, udp_server

pytestmark = pytest.mark.parametrize("family", [4, 6])


def pause(seconds: float) -> None:
    """Let traffic flow for a while: what is measured is that time itself."""
    threading.Event().wait(seconds)


@pytest.mark.parametrize("method", ["icmp", "udp"])
def test_a_path_names_every_router_and_the_target(net: Net, history: History, family: Family, method: str) -> None:
    began = time.monotonic()
    seen = path(history, net.client, family, SERVER[family], method)  # type: ignore[arg-type]
    assert (seen.answer, addresses(seen)) == ("reply", (ROUTER[family], SERVER[family]))
    assert time.monotonic() - began < 0.5


@pytest.mark.parametrize("method", ["icmp", "udp"])
def test_a_path_that_ends_in_a_hole_shows_how_far_it_goes(
    net: Net, history: History, family: Family, method: str
) -> None:
    seen = path(history, net.client, family, NOBODY[family], method, timeout=0.3, most_hops=4)  # type: ignore[arg-type]
    assert (seen.answer, addresses(seen)) == ("silence", (ROUTER[family],))


def test_a_datagram_is_answered_refused_or_unreachable(net: Net, history: History, family: Family) -> None:
    with udp_server(net.server, family, SERVER[family], 0, lambda data: data[::-1]) as port:
        assert ask(history, net.client, family, SERVER[family], port, b"abc").raw == b"cba"
    closed = ask(history, net.client, family, SERVER[family], 9, b"abc")
    assert (closed.answer, closed.by) == ("refusal", SERVER[family])
    assert ask(history, net.client, family, BLACKHOLE[family], 9, b"abc", timeout=0.2).answer == "silence"


def test_continuity_tells_how_long_nothing_passed_and_that_it_passes_again(
    net: Net, history: History, family: Family
) -> None:
    flows = [Flow(f"flow{number}", net.client, family, SERVER[family], net.server) for number in range(5)]
    route = f"{CLIENT[family]}/{ {4: 32, 6: 128}[family] }"
    dash = "-6 " if family == 6 else ""
    with Continuity(history, flows) as continuity:
        pause(0.3)
        ip(net.router, f"{dash}route add blackhole {route}")
        cut = time.monotonic()
        pause(0.3)
        ip(net.router, f"{dash}route del blackhole {route}")
        mended = time.monotonic()
        pause(0.2)
    for flow in continuity.result():
        assert flow.there.gap_ms == 0
        assert 250 < flow.back.gap_ms < 400
        longest = flow.back.longest
        assert longest
        assert abs(longest.began - cut) < 0.05
        assert abs(longest.ended - mended) < 0.05
        assert flow.there.sent > 70
    assert continuity.jitter
    assert continuity.jitter.p50_ms < 5
    assert len(history.events("probe.continuity", node="client")) == 5


def test_a_way_back_that_is_cut_for_longer_than_the_way_there_is_out_for_all_of_that_time(
    net: Net, history: History, family: Family
) -> None:
    flow = Flow("flow", net.client, family, SERVER[family], net.server)
    bits, dash = {4: 32, 6: 128}[family], "-6 " if family == 6 else ""
    there, back = (f"{dash}route {{}} blackhole {each[family]}/{bits}" for each in (SERVER, CLIENT))
    with Continuity(history, [flow]) as continuity:
        pause(0.2)
        ip(net.router, back.format("add"))
        ip(net.router, there.format("add"))
        pause(0.2)
        ip(net.router, there.format("del"))
        pause(0.2)
        ip(net.router, back.format("del"))
        pause(0.2)
    (result,) = continuity.result()
    assert 150 < result.there.gap_ms < 300
    assert 350 < result.back.gap_ms < 550
    assert result.back.sent > 70


def test_a_node_that_dies_and_comes_back_is_lost_in_between(history: History, family: Family) -> None:
    with network() as net, subprocess.Popen(["unshare", "--net", "sleep", "infinity"]) as spare:
        handles = {"client": net.client, "server": net.server}
        flow = Flow("flow", net.client, family, SERVER[family], net.server)
        with Capture(history, [(net.server, "eth1")]), Continuity(history, [flow], fresh=handles.__getitem__) as probe:
            pause(0.2)
            os.kill(net.server.pid or 0, signal.SIGKILL)
            handles["server"] = replace(net.server, state="stopped", pid=None)
            carrier = [Condition("no link", lambda: "still there" if len(links(None, net.router)) > 2 else None)]
            assert not until(carrier, Deadline.after(3)).pending
            pause(0.2)
            handles["server"] = again = Node("server", "server", "running", spare.pid)
            wait_for_namespace(again)
            ip(net.router, f"link add eth2 type veth peer name eth1 netns {spare.pid}")
            for node, commands in ((net.router, ROUTER_SIDE_COMMANDS), (again, SERVER_COMMANDS)):
                without_dad(node)
                ip(node, commands)
            pause(0.4)
        spare.kill()
    (result,) = probe.result()
    assert 200 < result.there.gap_ms < 1000
    assert result.there.gaps[-1].ended < time.monotonic() - 0.2


def test_continuity_cannot_start_where_an_address_is_missing(net: Net, history: History, family: Family) -> None:
    flow = Flow("lost", net.client, family, UNREACHABLE[family], net.server)
    with pytest.raises(CannotMeasure, match="cannot open a socket in node server"), Continuity(history, [flow]):
        pass


def web(near: socket.socket) -> None:
    asked = b""
    while b"\r\n\r\n" not in asked:
        asked += near.recv(4096)
    if asked.startswith(b"GET /hangup"):
        return
    body = b"host=" + asked.split(b"Host: ")[1].split(b"\r\n")[0]
    near.sendall(b"HTTP/1.1 404 Not Found\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


def test_a_page_is_fetched_with_the_host_that_was_asked_for(net: Net, history: History, family: Family) -> None:
    with tcp_server(net.server, family, SERVER[family], 0, web) as port:
        ask_page = Request("portal.example.vn", port=port)
        asks = [HttpAsk(net.client, family, SERVER[family], ask_page)] * 20
        for seen in fetch_many(history, asks):
            assert (seen.answer, seen.data["status"], seen.raw) == ("reply", 404, b"host=portal.example.vn")
            assert seen.data["headers"]["x-a"] == ["1", "2"]
        hung_up = fetch(history, net.client, family, SERVER[family], Request("x", "/hangup", port=port))
        assert (hung_up.answer, hung_up.data["connected"]) == ("refusal", True)
    closed = fetch(history, net.client, family, SERVER[family], ask_page)
    assert (closed.answer, closed.data["reason"]) == ("refusal", "reset")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate of portal.example.vn with its key, in one file."""
    if not shutil.which("openssl"):
        pytest.skip("lacks the program openssl")
    pem, key = tmp_path_factory.mktemp("tls") / "portal.pem", tmp_path_factory.mktemp("tls") / "portal.key"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=portal.example.vn"
    extension = "subjectAltName=DNS:portal.example.vn"
    out = ["-addext", extension, "-keyout", str(key), "-out", str(pem)]
    subprocess.run([*command.split(), *out], check=True, capture_output=True)
    pem.write_text(pem.read_text() + key.read_text())
    return pem


def test_a_certificate_is_shown_trusted_or_refused(
    net: Net, history: History, family: Family, certificate: Path
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def secure(near: socket.socket) -> None:
        with context.wrap_socket(near, server_side=True) as inner:
            web(inner)

    def page(tls: Tls) -> Seen:
        return fetch(history, net.client, family, SERVER[family], Request("portal.example.vn", tls=tls, port=port))

    with tcp_server(net.server, family, SERVER[family], 0, secure) as port:
        seen = page(Tls("portal.example.vn", certificate))
        expected = hashlib.sha256(
            ssl.PEM_cert_to_DER_cert(certificate.read_text().split("-----BEGIN PRIV")[0])
        ).hexdigest()
        assert (seen.data["status"], seen.data["fingerprint"], seen.data["chain"]) == (404, expected, [expected])
        assert seen.data["tls_version"] == "TLSv1.3"
        assert page(Tls(version="TLSv1.2")).data["tls_version"] == "TLSv1.2"
        wrong_name = page(Tls("other.example.vn", certificate))
        assert (wrong_name.answer, wrong_name.data["connected"]) == ("refusal", True)
        assert "certificate is not valid for 'other.example.vn'" in wrong_name.data["reason"]


def smtp(near: socket.socket) -> None:
    with near.makefile("rwb") as lines:

        def say(text: str) -> None:
            lines.write(text.encode() + b"\r\n")
            lines.flush()

        say("220 mail.example.vn ESMTP")
        while line := lines.readline().decode().strip():
            verb = line[:4].upper()
            if verb == "EHLO":
                say("250-mail.example.vn\r\n250 SIZE 1000")
            elif verb == "RCPT":
                say("250 ok" if "@example.vn" in line else "554 relay denied")
            elif verb == "DATA":
                say("354 go on")
                while lines.readline() != b".\r\n":
                    pass
                say("250 queued")
            else:
                say("221 bye" if verb == "QUIT" else "250 ok")
                if verb == "QUIT":
                    return


def test_a_mail_server_greets_takes_mail_and_denies_relay(net: Net, history: History, family: Family) -> None:
    with tcp_server(net.server, family, SERVER[family], 0, smtp) as port:
        seen = banner(history, net.client, family, SERVER[family], port)
        assert (seen.answer, seen.data["banner"], seen.data["extensions"]) == ("reply", 220, ["size"])
        recipients = ["a@example.vn", "b@example.org"]
        seen = try_relay(history, net.client, family, SERVER[family], "x@example.com", recipients, port=port)
        assert seen.data["recipients"] == {"a@example.vn": 250, "b@example.org": 554}
        assert [each["command"] for each in seen.data["dialogue"]][-2:] == ["RSET", "QUIT"]
        text = b"Subject: hello\r\n\r\n.body\r\n"
        seen = send(history, net.client, family, SERVER[family], "x@example.com", recipients[:1], text, port=port)
        assert seen.data["accepted"]
        seen = send(history, net.client, family, SERVER[family], "x@example.com", recipients, text, port=port)
        assert not seen.data["accepted"]


def imap(near: socket.socket) -> None:
    with near.makefile("rwb") as lines:

        def say(text: str) -> None:
            lines.write(text.encode() + b"\r\n")
            lines.flush()

        say("* OK ready")
        while line := lines.readline().decode().strip():
            tag, verb = line.split()[:2]
            if verb == "CAPABILITY":
                say("* CAPABILITY IMAP4rev1")
            elif verb == "LOGIN" and "wrong" in line:
                say(f"{tag} NO denied")
                continue
            elif verb == "EXAMINE":
                say("* 3 EXISTS")
            elif verb == "SEARCH":
                say("* SEARCH 2 3")
            say(f"{tag} OK done")
            if verb == "LOGOUT":
                return


def test_a_mailbox_is_searched_and_a_wrong_password_is_seen(net: Net, history: History, family: Family) -> None:
    with tcp_server(net.server, family, SERVER[family], 0, imap) as port:
        seen = find(history, net.client, family, SERVER[family], Login("an", "right"), "hello", port=port)
        assert (seen.answer, seen.data["logged_in"], seen.data["found"]) == ("reply", True, 2)
        seen = find(history, net.client, family, SERVER[family], Login("an", "wrong"), "hello", port=port)
        assert (seen.answer, seen.data["logged_in"]) == ("reply", False)
        assert "denied" in seen.data["error"]
    assert "right" not in str(history.events("probe.imap"))
