"""Document management: officers list, open and register documents, which are kept in PostgreSQL on another host.

The database is reached by its name: every address that DNS gives is tried in the order of the host's own preference
(RFC 6724), so that the application needs no change when a family is added or taken away.
"""

import hmac
import html
import json
from ipaddress import ip_address
from pathlib import Path

import bottle
import psycopg
import waitress
from psycopg.rows import dict_row

LISTEN_HOST, LISTEN_PORT = "::1", 8080
TRUSTED_PROXY = "::1"
THREADS = 16
SETTINGS = Path("/etc/qlvb/qlvb.json")

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

FORM = """    <form method="post" action="/van-ban">
      <label>Số ký hiệu <input name="number" required maxlength="50"></label>
      <label>Trích yếu <input name="title" required maxlength="500"></label>
      <label>Nội dung <textarea name="body" rows="6"></textarea></label>
      <button>Đăng ký văn bản</button>
    </form>"""

COLUMNS = "id, number, title, body, registered_by, host(registered_from) AS registered_from, registered_at::text"

app = bottle.Bottle()


def settings():
    """What the administrator configured: the database and who may come in."""
    return json.loads(SETTINGS.read_text(encoding="utf-8"))


def is_officer(user, password):
    """Whether these are an officer's name and password; both are compared in constant time."""
    known = settings()["officers"].get(user, "")
    return bool(known) and hmac.compare_digest(known.encode(), password.encode())


def database():
    """A connection for one request; leaving its `with` commits and closes it."""
    return psycopg.connect(**settings()["database"], row_factory=dict_row)


def client_address(environ):
    """The client's address: what the proxy says if it is the proxy that asks, else the peer itself."""
    address = environ["REMOTE_ADDR"]
    if address == TRUSTED_PROXY:
        address = environ.get("HTTP_X_FORWARDED_FOR", address)
    return str(ip_address(address.strip()))


def page(title, body):
    """A whole page around a body that is HTML already."""
    return PAGE.format(title=html.escape(title), body=body)


def wants_json():
    """Whether the client asks for data rather than for a page."""
    return "application/json" in bottle.request.get_header("Accept", "")


def as_json(value):
    """A document, or a list of them, as JSON."""
    bottle.response.content_type = "application/json"
    return json.dumps(value, ensure_ascii=False)


def row(document):
    """A document as a row of the list."""
    number, title = html.escape(document["number"]), html.escape(document["title"])
    return f'      <tr><td><a href="/van-ban/{document["id"]}">{number}</a></td><td>{title}</td></tr>'


@app.get("/")
@app.get("/van-ban")
@bottle.auth_basic(is_officer, "Quan ly van ban")
def documents():
    """All documents, newest first, and the form for another one."""
    with database() as connection:
        found = connection.execute(f"SELECT {COLUMNS} FROM document ORDER BY id DESC LIMIT 100").fetchall()
    if wants_json():
        return as_json(found)
    table = "\n".join(["    <table>", *map(row, found), "    </table>"])
    return page("Quản lý văn bản và điều hành", table + "\n" + FORM)


@app.post("/van-ban")
@bottle.auth_basic(is_officer, "Quan ly van ban")
def register():
    """Register a document; answer with where it is (303), or with the document itself as JSON."""
    number = (bottle.request.forms.number or "").strip()
    title = (bottle.request.forms.title or "").strip()
    if not number or not title:
        bottle.abort(400, "Thiếu số ký hiệu hoặc trích yếu")
    values = (
        number,
        title,
        bottle.request.forms.body or "",
        bottle.request.auth[0],
        client_address(bottle.request.environ),
    )
    with database() as connection:
        document = connection.execute(
            "INSERT INTO document (number, title, body, registered_by, registered_from)"
            f" VALUES (%s, %s, %s, %s, %s) RETURNING {COLUMNS}",
            values,
        ).fetchone()
    if wants_json():
        bottle.response.status = 201
        return as_json(document)
    return bottle.redirect(f"/van-ban/{document['id']}", 303)


@app.get("/van-ban/<number:int>")
@bottle.auth_basic(is_officer, "Quan ly van ban")
def document(number):
    """One document."""
    with database() as connection:
        found = connection.execute(f"SELECT {COLUMNS} FROM document WHERE id = %s", (number,)).fetchone()
    if found is None:
        bottle.abort(404, "Không có văn bản này")
    if wants_json():
        return as_json(found)
    body = f"    <p>{html.escape(found['title'])}</p>\n    <p>{html.escape(found['body'])}</p>"
    return page(f"Văn bản {found['number']}", body)


@app.get("/trang-thai")
def status():
    """For monitoring, without an account: the address of the database in use; 503 where it does not answer."""
    try:
        with database() as connection:
            server = connection.execute("SELECT host(inet_server_addr()) AS address").fetchone()
    except psycopg.OperationalError:
        bottle.response.status = 503
        return as_json({"database": None})
    return as_json({"database": server["address"]})


@app.error(400)
@app.error(401)
@app.error(404)
def failed(error):
    """What went wrong, in the shape of every page."""
    return page(f"Lỗi {error.status_code}", f"    <p>{html.escape(str(error.body))}</p>")


@app.error(500)
def broken(error):
    """A database that does not answer is the one failure that users meet: say so, and that it passes (503)."""
    if not isinstance(error.exception, psycopg.OperationalError):
        return page("Lỗi 500", "    <p>Lỗi hệ thống</p>")
    bottle.response.status = 503
    return page("Lỗi 503", "    <p>Cơ sở dữ liệu tạm thời không trả lời, vui lòng thử lại.</p>")


def main():
    """Serve until told to stop."""
    # Waitress would drop what the proxy says about the client; `client_address` decides whom to believe.
    waitress.serve(
        app, host=LISTEN_HOST, port=LISTEN_PORT, threads=THREADS, ident=None, clear_untrusted_proxy_headers=False
    )


if __name__ == "__main__":
    main()
