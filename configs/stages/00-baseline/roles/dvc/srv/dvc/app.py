"""Online public services: a form, papers to hand in, and a receipt that says who handed them in from where. Whoever has
an account and logs in finds all applications of that account again.

nginx in front of it ends TLS and is the only one whose word about the client is taken. State is one SQLite file.
"""

import hashlib
import hmac
import html
import json
import secrets
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import bottle
import waitress

LISTEN_HOST, LISTEN_PORT = "::1", 8080
TRUSTED_PROXY = "::1"
DATABASE = Path("/var/lib/app/dvc.sqlite")
UPLOADS = Path("/var/lib/app/uploads")
SETTINGS = Path("/etc/dvc/dvc.json")
UPLOAD_LIMIT = 10 * 1024 * 1024
THREADS = 16
"""So many may hand papers in at once before somebody who only wants the form has to wait for them."""

SESSION, SESSION_SECONDS = "phien", 3600
"""The cookie of somebody who is logged in, and for how long it is good."""

# Tables are only added, so that newer code takes over what older code has stored.
# Addresses are text without a limit: IPv6 needs up to 45 characters, and a column made for 15 cuts them silently.
SCHEMA = """
CREATE TABLE IF NOT EXISTS receipt (
    number      INTEGER PRIMARY KEY AUTOINCREMENT,
    time        TEXT NOT NULL,
    address     TEXT NOT NULL,
    port        INTEGER NOT NULL,
    applicant   TEXT NOT NULL,
    subject     TEXT NOT NULL,
    file        TEXT,
    size        INTEGER NOT NULL,
    sha256      TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS filed (
    number      INTEGER PRIMARY KEY REFERENCES receipt,
    account     TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS session (
    token       TEXT PRIMARY KEY,
    account     TEXT NOT NULL,
    ends        TEXT NOT NULL
);
"""

RECEIPTS = "SELECT receipt.*, filed.account FROM receipt LEFT JOIN filed USING (number)"

PAGE = """<!DOCTYPE html>
<html lang="vi">
<head>
  <meta charset="utf-8">
  <title>{title}</title>
  <link rel="stylesheet" href="/chung/style.css">
  <script src="/chung/ipv6-ready.js" defer></script>
</head>
<body>
  <header>
    <img src="/chung/bieu-trung.svg" alt="Biểu trưng tỉnh Đắk Nông" width="64" height="64">
    <h1>{title}</h1>
  </header>
  <main>
{body}
  </main>
  <footer><p id="ipv6-ready" hidden>Trang này sẵn sàng với IPv6</p></footer>
</body>
</html>
"""

START = """    <p>Nộp hồ sơ trực tuyến mức độ 3 và 4, không cần đến trụ sở cơ quan.</p>
    <p><a href="/nop-ho-so">Nộp hồ sơ</a></p>
    <p><a href="/dang-nhap">Đăng nhập</a> để xem lại <a href="/ho-so-cua-toi">hồ sơ của tôi</a></p>"""

LOGIN = """    <form method="post" action="/dang-nhap">
      <label>Tài khoản <input name="account" required maxlength="50"></label>
      <label>Mật khẩu <input type="password" name="password" required></label>
      <button>Đăng nhập</button>
    </form>"""

FORM = """    <p id="account">{account}</p>
    <form method="post" action="/nop-ho-so" enctype="multipart/form-data">
      <label>Họ và tên <input name="applicant" required maxlength="200"></label>
      <label>Nội dung đề nghị <input name="subject" required maxlength="500"></label>
      <label>Giấy tờ kèm theo (tối đa 10 MB) <input type="file" name="file"></label>
      <button>Gửi hồ sơ</button>
    </form>"""

RECEIPT = """    <p>Hồ sơ đã được tiếp nhận.</p>
    <table>
      <tr><th>Số biên nhận</th><td id="number">{number}</td></tr>
      <tr><th>Thời gian</th><td>{time}</td></tr>
      <tr><th>Người nộp</th><td>{applicant}</td></tr>
      <tr><th>Tài khoản</th><td>{account}</td></tr>
      <tr><th>Nội dung</th><td>{subject}</td></tr>
      <tr><th>Dung lượng giấy tờ</th><td>{size} byte</td></tr>
      <tr><th>Nộp từ địa chỉ</th><td>{address}, cổng {port}</td></tr>
    </table>"""

NOBODY = "Chưa đăng nhập"

app = bottle.Bottle()


def settings():
    """What the administrator configured: who has an account."""
    return json.loads(SETTINGS.read_text(encoding="utf-8"))


def is_citizen(account, password):
    """Whether these are an account and its password, compared in constant time."""
    known = settings()["citizens"].get(account, "")
    return bool(known) and hmac.compare_digest(known.encode(), password.encode())


def now():
    """The time as it is stored: text that sorts."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def begin_session(account):
    """Log somebody in: a cookie that only TLS carries. The database has its hash, which opens nothing."""
    token = secrets.token_urlsafe(32)
    ends = (datetime.now(UTC) + timedelta(seconds=SESSION_SECONDS)).isoformat(timespec="milliseconds")
    with closing(database()) as connection, connection:
        connection.execute("DELETE FROM session WHERE ends < ?", (now(),))
        connection.execute("INSERT INTO session VALUES (?, ?, ?)", (hashed(token), account, ends))
    bottle.response.set_cookie(
        SESSION, token, path="/", max_age=SESSION_SECONDS, secure=True, httponly=True, samesite="lax"
    )


def hashed(token):
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def logged_in():
    """The account that a request belongs to; none if nobody is logged in.

    The cookie alone says so, never the address: a client with both families goes from one to the other between two
    requests (RFC 6724, RFC 8305), and its IPv6 address changes by itself (RFC 8981).
    """
    token = bottle.request.get_cookie(SESSION, "")
    with closing(database()) as connection:
        row = connection.execute(
            "SELECT account FROM session WHERE token = ? AND ends >= ?", (hashed(token), now())
        ).fetchone()
    return row["account"] if row else None


def client(environ):
    """The client's address and source port: what the proxy says if it is the proxy that asks, else the peer itself."""
    address, port = environ["REMOTE_ADDR"], environ.get("REMOTE_PORT", "0")
    if address == TRUSTED_PROXY:
        address = environ.get("HTTP_X_FORWARDED_FOR", address)
        port = environ.get("HTTP_X_FORWARDED_PORT", port)
    return str(ip_address(address.strip())), int(port)


def database():
    """A connection of this request; whoever takes it closes it."""
    connection = sqlite3.connect(DATABASE, timeout=5)
    connection.row_factory = sqlite3.Row
    return connection


def page(title, body, **values):
    """A whole page; values are escaped."""
    filled = body.format(**{key: html.escape(str(value)) for key, value in values.items()}) if values else body
    return PAGE.format(title=html.escape(title), body=filled)


def find(number):
    """A receipt by its number; 404 where there is none."""
    with closing(database()) as connection:
        row = connection.execute(f"{RECEIPTS} WHERE number = ?", (number,)).fetchone()
    if row is None:
        bottle.abort(404, "Không có biên nhận này")
    return dict(row)


def store(upload):
    """Keep an uploaded file under its hash; gives name, size and hash. No file is an empty one."""
    if upload is None:
        return None, 0, hashlib.sha256(b"").hexdigest()
    content = upload.file.read(UPLOAD_LIMIT + 1)
    if len(content) > UPLOAD_LIMIT:
        bottle.abort(413, "Giấy tờ vượt quá 10 MB")
    digest = hashlib.sha256(content).hexdigest()
    (UPLOADS / digest).write_bytes(content)
    return upload.raw_filename, len(content), digest


def wants_json():
    """Whether the client asks for data rather than for a page."""
    return "application/json" in bottle.request.get_header("Accept", "")


def as_json(receipt):
    """A receipt as JSON."""
    bottle.response.content_type = "application/json"
    return json.dumps(receipt, ensure_ascii=False)


@app.get("/")
def start():
    """The start page."""
    return page("Dịch vụ công trực tuyến tỉnh Đắk Nông", START)


@app.get("/nop-ho-so")
def form():
    """The empty form."""
    return page("Nộp hồ sơ", FORM, account=logged_in() or NOBODY)


@app.get("/dang-nhap")
def login_form():
    """Where to log in."""
    return page("Đăng nhập", LOGIN)


@app.post("/dang-nhap")
def login():
    """Log in; answer with where one's own applications are (303), or with the account as JSON."""
    account, password = (bottle.request.forms.account or "").strip(), bottle.request.forms.password or ""
    if not is_citizen(account, password):
        bottle.abort(401, "Tài khoản hoặc mật khẩu không đúng")
    begin_session(account)
    if wants_json():
        return as_json({"account": account})
    bottle.response.status = 303
    bottle.response.set_header("Location", "/ho-so-cua-toi")
    return ""


@app.get("/ho-so-cua-toi")
def own():
    """The hundred newest applications of whoever is logged in: a list that grows for ever is no page."""
    account = logged_in()
    if account is None:
        bottle.abort(401, "Hãy đăng nhập trước")
    with closing(database()) as connection:
        found = connection.execute(
            f"{RECEIPTS} WHERE account = ? ORDER BY number DESC LIMIT 100", (account,)
        ).fetchall()
    if wants_json():
        return as_json([dict(row) for row in found])
    rows = [f'<a href="/bien-nhan/{row["number"]}">Biên nhận số {row["number"]}</a>' for row in found]
    return page(f"Hồ sơ của {account}", "\n".join(f"    <p>{row}</p>" for row in rows))


@app.post("/nop-ho-so")
def apply():
    """Take an application; answer with where its receipt is (303), or with the receipt itself as JSON."""
    applicant = (bottle.request.forms.applicant or "").strip()
    subject = (bottle.request.forms.subject or "").strip()
    if not applicant or not subject:
        bottle.abort(400, "Thiếu họ tên hoặc nội dung đề nghị")
    address, port = client(bottle.request.environ)
    name, size, digest = store(bottle.request.files.get("file"))
    account = logged_in()
    with closing(database()) as connection, connection:
        number = connection.execute(
            "INSERT INTO receipt (time, address, port, applicant, subject, file, size, sha256)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (now(), address, port, applicant, subject, name, size, digest),
        ).lastrowid
        if account is not None:
            connection.execute("INSERT INTO filed VALUES (?, ?)", (number, account))
    if wants_json():
        bottle.response.status = 201
        return as_json(find(number))
    return bottle.redirect(f"/bien-nhan/{number}", 303)


@app.get("/bien-nhan/<number:int>")
def receipt(number):
    """A receipt as a page."""
    found = find(number)
    return page(f"Biên nhận số {number}", RECEIPT, **found | {"account": found["account"] or NOBODY})


@app.get("/bien-nhan/<number:int>.json")
def receipt_json(number):
    """A receipt as data: number, time, the client's address and port as they were stored, account, size and hash."""
    return as_json(find(number))


@app.error(400)
@app.error(401)
@app.error(404)
@app.error(413)
def failed(error):
    """What went wrong, in the shape of every page."""
    return page(f"Lỗi {error.status_code}", "    <p>{what}</p>", what=error.body)


def main():
    """Make the tables, then serve until told to stop."""
    UPLOADS.mkdir(exist_ok=True)
    with closing(database()) as connection, connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(SCHEMA)
    # Waitress would drop what the proxy says about the client; `client` decides whom to believe.
    waitress.serve(
        app,
        host=LISTEN_HOST,
        port=LISTEN_PORT,
        threads=THREADS,
        ident=None,
        clear_untrusted_proxy_headers=False,
        max_request_body_size=UPLOAD_LIMIT + 64 * 1024,
    )


if __name__ == "__main__":
    main()
