"""Online public services, level 3: a form, papers to hand in, and a receipt that says who handed them in from where.

nginx in front of it ends TLS and is the only one whose word about the client is taken. State is one SQLite file.
"""

import hashlib
import html
import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import bottle
import waitress

LISTEN_HOST, LISTEN_PORT = "::1", 8080
TRUSTED_PROXY = "::1"
DATABASE = Path("/var/lib/app/dvc.sqlite")
UPLOADS = Path("/var/lib/app/uploads")
UPLOAD_LIMIT = 10 * 1024 * 1024

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
)
"""

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
    <p><a href="/nop-ho-so">Nộp hồ sơ</a></p>"""

FORM = """    <form method="post" action="/nop-ho-so" enctype="multipart/form-data">
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
      <tr><th>Nội dung</th><td>{subject}</td></tr>
      <tr><th>Dung lượng giấy tờ</th><td>{size} byte</td></tr>
      <tr><th>Nộp từ địa chỉ</th><td>{address}, cổng {port}</td></tr>
    </table>"""

app = bottle.Bottle()


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
        row = connection.execute("SELECT * FROM receipt WHERE number = ?", (number,)).fetchone()
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
    return page("Nộp hồ sơ", FORM)


@app.post("/nop-ho-so")
def apply():
    """Take an application; answer with where its receipt is (303), or with the receipt itself as JSON."""
    applicant = (bottle.request.forms.applicant or "").strip()
    subject = (bottle.request.forms.subject or "").strip()
    if not applicant or not subject:
        bottle.abort(400, "Thiếu họ tên hoặc nội dung đề nghị")
    address, port = client(bottle.request.environ)
    name, size, digest = store(bottle.request.files.get("file"))
    time = datetime.now(UTC).isoformat(timespec="milliseconds")
    with closing(database()) as connection, connection:
        number = connection.execute(
            "INSERT INTO receipt (time, address, port, applicant, subject, file, size, sha256)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (time, address, port, applicant, subject, name, size, digest),
        ).lastrowid
    if wants_json():
        bottle.response.status = 201
        return as_json(find(number))
    return bottle.redirect(f"/bien-nhan/{number}", 303)


@app.get("/bien-nhan/<number:int>")
def receipt(number):
    """A receipt as a page."""
    return page(f"Biên nhận số {number}", RECEIPT, **find(number))


@app.get("/bien-nhan/<number:int>.json")
def receipt_json(number):
    """A receipt as data: number, time, the client's address and port as they were stored, size and hash."""
    return as_json(find(number))


@app.error(400)
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
        connection.execute(SCHEMA)
    # Waitress would drop what the proxy says about the client; `client` decides whom to believe.
    waitress.serve(
        app,
        host=LISTEN_HOST,
        port=LISTEN_PORT,
        threads=4,
        ident=None,
        clear_untrusted_proxy_headers=False,
        max_request_body_size=UPLOAD_LIMIT + 64 * 1024,
    )


if __name__ == "__main__":
    main()
