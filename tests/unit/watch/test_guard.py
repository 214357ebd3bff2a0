"""Who is answered: this machine, by the page's own name, with its token. The application is asked as a server would."""

from __future__ import annotations

import asyncio

import pytest

from harness.watch.app import Page
from harness.watch.drills import Drills, Listed, Refused
from tests.unit.estate import the_plan
from tests.unit.watch.told import UP, board_after

TOKEN, PORT = "a-token-that-nobody-guesses", 8646
HOST = f"127.0.0.1:{PORT}"
COOKIE = f"v6lab-watch-{PORT}={TOKEN}"
OURS = {"host": HOST, "cookie": COOKIE}
POST = {**OURS, "origin": f"http://{HOST}", "content-type": "application/json"}


class Recorded(Drills):
    """Starts nothing; knows what it was asked for."""

    def __init__(self):
        super().__init__(
            "pilot", [Listed("F02", "a", "b", "31-datacentre")], ["31-datacentre"], None, lambda news: None
        )
        self.asked = []

    def start(self, drill, state):
        self.asked.append(drill)
        if drill not in self.listed:
            raise Refused("unlisted")

    def stop(self):
        self.asked.append("stop")


class Pictures:
    def draw(self, stage, language):
        return f"<svg>{stage} {language}</svg>"


@pytest.fixture
def drills():
    return Recorded()


@pytest.fixture
def ask(drills):
    page = Page(board_after(*UP), drills, Pictures(), the_plan(), "vi", TOKEN, PORT)

    def asked(path="/", method="GET", headers=OURS, body=b"", query=""):
        return asyncio.run(_ask(page.asgi, path, method, headers, body, query))

    return asked


async def _ask(app, path, method, headers, body, query):
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": path,
        "raw_path": path.encode(), "query_string": query.encode(), "scheme": "http", "server": ("127.0.0.1", PORT),
        "client": ("127.0.0.1", 1), "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    sent = []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        sent.append(message)

    await app(scope, receive, send)
    found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], found, b"".join(each.get("body", b"") for each in sent).decode()


def test_the_address_with_the_token_gives_a_cookie_that_no_script_reads_and_takes_the_token_out_of_the_address(ask):
    status, headers, _ = ask(headers={"host": HOST}, query=f"token={TOKEN}")
    assert (status, headers["location"]) == (303, "/")
    assert COOKIE in headers["set-cookie"]
    assert "HttpOnly" in headers["set-cookie"]
    assert "samesite=strict" in headers["set-cookie"].lower()


@pytest.mark.parametrize("path", ["/", "/page.js", "/setting.json", "/drawing.svg", "/events", "/nowhere"])
def test_nothing_is_answered_without_the_token(ask, path):
    assert ask(path, headers={"host": HOST})[0] == 401
    assert ask(path, headers={"host": HOST, "cookie": f"v6lab-watch-{PORT}=wrong"})[0] == 401


@pytest.mark.parametrize("offered", ["wrong", "", TOKEN[:-1], "%00", "ế"])
def test_a_wrong_token_in_the_address_gives_no_cookie(ask, offered):
    status, headers, _ = ask(headers={"host": HOST}, query=f"token={offered}")
    assert (status, "set-cookie" in headers) == (401, False)


@pytest.mark.parametrize(
    "host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1", "127.0.0.1:80", f"10.0.0.1:{PORT}", ""]
)
def test_a_name_that_is_not_ours_is_refused_with_the_token_too(ask, host):
    assert ask(headers={**OURS, "host": host})[0] == 403
    assert ask(headers={"host": host}, query=f"token={TOKEN}")[0] == 403


@pytest.mark.parametrize("host", [f"127.0.0.1:{PORT}", f"localhost:{PORT}", f"[::1]:{PORT}"])
def test_all_names_of_the_loopback_are_ours(ask, host):
    assert ask(headers={**OURS, "host": host})[0] == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", f"https://{HOST}", f"http://localhost:{PORT}", "http://127.0.0.1:1", "null"]
)
def test_another_origin_is_refused_whatever_it_asks_for(ask, drills, origin):
    assert ask("/events", headers={**OURS, "origin": origin})[0] == 403
    assert ask("/drill/start", "POST", {**POST, "origin": origin}, b'{"id": "F02"}')[0] == 403
    assert drills.asked == []


def test_what_does_something_must_say_where_it_comes_from(ask, drills):
    headers = {name: value for name, value in POST.items() if name != "origin"}
    assert ask("/drill/start", "POST", headers, b'{"id": "F02"}')[0] == 403
    assert drills.asked == []


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_request_that_the_browser_says_is_of_another_site_is_refused(ask, site):
    assert ask(headers={**OURS, "sec-fetch-site": site})[0] == 403


def test_a_drill_is_started_and_stopped_by_post_only(ask, drills):
    assert ask("/drill/start", "POST", POST, b'{"id": "F02"}')[0] == 202
    assert ask("/drill/stop", "POST", POST, b"{}")[0] == 202
    assert ask("/drill/start", "GET", OURS, query="id=F02")[0] == 405
    assert ask("/drill/stop", "GET")[0] == 405
    assert drills.asked == ["F02", "stop"]


@pytest.mark.parametrize(
    "body", [b"", b"F02", b'{"id": "F02; reboot"}', b'["F02"]', b'{"id": null}', b'{"id": "F02"' + b" " * 2000 + b"}"]
)
def test_what_names_no_listed_drill_starts_nothing(ask, drills, body):
    status, _, said = ask("/drill/start", "POST", POST, body)
    assert (status, said) == (404, '{"why":"unlisted"}')
    assert "F02" not in drills.asked


def test_a_form_of_another_page_starts_nothing(ask, drills):
    assert ask("/drill/start", "POST", {**POST, "content-type": "text/plain"}, b'{"id": "F02"}')[0] == 404
    assert "F02" not in drills.asked


@pytest.mark.parametrize("path", ["/", "/nowhere", "/page.css"])
def test_nothing_from_elsewhere_and_nothing_inline_is_allowed_in_the_page(ask, path):
    policy = ask(path)[1]["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def test_refusals_carry_the_same_policy(ask):
    assert "content-security-policy" in ask(headers={"host": HOST})[1]


def test_the_page_and_its_parts_name_no_other_host(ask):
    for path in ("/", "/page.js", "/draw.js", "/panels.js", "/page.css"):
        status, _, text = ask(path)
        assert status == 200
        assert "https://" not in text
        assert [line for line in text.splitlines() if "http://" in line and "www.w3.org" not in line] == []


def test_the_drawing_is_given_in_the_language_that_is_asked_for(ask):
    assert ask("/drawing.svg", query="lang=en")[2] == "<svg>31-datacentre en</svg>"
    assert ask("/drawing.svg", query="lang=xx&stage=32-wan")[2] == "<svg>32-wan vi</svg>"
