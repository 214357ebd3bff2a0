"""The steps of journeys that are made with a browser: what a person does, and why it came to nothing, or ``None``."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Mapping
from functools import partial

from harness.drill.trip import OFFICER, Trip, Way, addresses, first, said
from harness.history.seen import Seen
from harness.plan import derive
from harness.plan.journeys import Step, families_in
from harness.probe import http
from harness.probe.http import Request

UPLOAD_SECONDS = 15.0
BOUNDARY = "v6lab-part"


def _ways(trip: Trip, step: Step) -> tuple[list[Way], str]:
    if "at" not in step.words:
        return addresses(trip, trip.full(step.object))
    node = step.words["at"]
    planned = ((each, derive.address(trip.plan, node, each, trip.lab.stage)) for each in families_in(trip.manner))
    return [(family, str(address)) for family, address in planned if address], f"{node} has no such address"


def _fetched(trip: Trip, ways: list[Way], request: Request, timeout: float = http.WAIT_SECONDS) -> tuple[Seen, str]:
    """What came, and what is wrong with it if it is not a success."""
    seen = first(ways, lambda family, address: http.fetch(trip.history, trip.node, family, address, request, timeout))
    status = seen.data.get("status")
    if seen.answer == "reply" and status in (200, 201):
        return seen, ""
    return seen, f"{request.path} gives {status}" if seen.answer == "reply" else said(seen)


def open_page(trip: Trip, step: Step) -> str | None:
    """A page is there."""
    ways, why = _ways(trip, step)
    if not ways:
        return why
    name = trip.full(step.object)
    tls = None if step.words.get("tls") == "false" else trip.tls(name)
    return _fetched(trip, ways, Request(name, step.words.get("path", "/"), tls=tls))[1] or None


def form(fields: Mapping[str, str], content: bytes) -> bytes:
    """A form with a file as multipart/form-data (RFC 7578)."""
    parts = [(f'name="{name}"', value.encode()) for name, value in fields.items()]
    parts.append(('name="file"; filename="giay-to.bin"\r\nContent-Type: application/octet-stream', content))
    pieces = [
        piece
        for head, value in parts
        for piece in (f"--{BOUNDARY}\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode(), value, b"\r\n")
    ]
    return b"".join((*pieces, f"--{BOUNDARY}--\r\n".encode()))


def file_application(trip: Trip, step: Step) -> str | None:
    """An application with an upload is taken, and its receipt, asked for afterwards, holds size and hash."""
    name = trip.full(step.object)
    ways, why = addresses(trip, name)
    if not ways:
        return why
    content = b"v6" * (int(step.words.get("mib", "5")) << 19)
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "Accept": "application/json"}
    body = form({"applicant": "Trần Thị Bình", "subject": f"Kiểm tra {trip.token}"}, content)
    request = Request(name, "/nop-ho-so", "POST", headers, body, trip.tls(name))
    seen, why = _fetched(trip, ways, request, UPLOAD_SECONDS)
    if why:
        return why
    receipt = Request(name, f"/bien-nhan/{_json(seen, 'number')}.json", tls=trip.tls(name))
    seen, why = _fetched(trip, ways, receipt)
    if why:
        return why
    kept = (_json(seen, "size"), _json(seen, "sha256"))
    return None if kept == (len(content), hashlib.sha256(content).hexdigest()) else f"the receipt says {kept[0]} bytes"


def _json(seen: Seen, key: str) -> object:
    try:
        return json.loads(seen.raw)[key]
    except (ValueError, KeyError, TypeError):
        return None


def read_document(trip: Trip, step: Step) -> str | None:
    """The newest document of the list is opened, with an officer's password."""
    name = trip.full(step.object)
    ways, why = addresses(trip, name)
    if not ways:
        return why
    login = trip.login(OFFICER)
    officer = b64encode(f"{login.user}:{login.password}".encode()).decode()
    headers = {"Authorization": f"Basic {officer}", "Accept": "application/json"}
    request = partial(Request, name, headers=headers, tls=trip.tls(name))
    seen, why = _fetched(trip, ways, request(path="/van-ban"))
    if why:
        return why
    try:
        number = json.loads(seen.raw)[0]["id"]
    except (ValueError, LookupError, TypeError):
        return "the list of documents is empty or cannot be read"
    return _fetched(trip, ways, request(path=f"/van-ban/{number}"))[1] or None
