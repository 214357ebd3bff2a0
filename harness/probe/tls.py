"""TLS on a connection that is open already, and what the certificates say."""

from __future__ import annotations

import hashlib
import socket
import ssl
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

DER = 2
"""``_ssl.ENCODING_DER``."""


@dataclass(frozen=True, slots=True)
class Tls:
    """``ca`` is the PEM file of whom to trust, ``None`` to look at any certificate without judging it.

    ``server_name`` is sent as SNI (empty: none) and, with a ``ca``, must be in the certificate.
    ``version`` allows that one alone.
    """

    server_name: str = ""
    ca: Path | None = None
    version: Literal["", "TLSv1.2", "TLSv1.3"] = ""

    def context(self) -> ssl.SSLContext:
        """These wishes as a context. Raises ``OSError`` if the CA file cannot be read."""
        trusted = None if self.ca is None else self.ca.read_text(encoding="ascii", errors="ignore")
        return _context(trusted, bool(trusted is not None and self.server_name), self.version)


@lru_cache(maxsize=64)
def _context(trusted: str | None, named: bool, version: str) -> ssl.SSLContext:
    """A context for whoever trusts these CAs (as PEM). Making one takes as long as a handshake, so all of them share it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = named
    if trusted is None:
        context.verify_mode = ssl.CERT_NONE
    elif not trusted.strip():
        raise ssl.SSLError("no certificate in it")
    else:
        context.load_verify_locations(cadata=trusted)
    if version:
        only = ssl.TLSVersion.TLSv1_2 if version == "TLSv1.2" else ssl.TLSVersion.TLSv1_3
        context.minimum_version = context.maximum_version = only
    return context


def wrap(sock: socket.socket, tls: Tls) -> tuple[ssl.SSLSocket, dict[str, Any]]:
    """Shake hands; the connection and what ``describe`` says. Raises ``ssl.SSLError`` and ``OSError``."""
    began = time.monotonic()
    wrapped = tls.context().wrap_socket(sock, server_hostname=tls.server_name or None)
    return wrapped, describe(wrapped) | {"tls_ms": round((time.monotonic() - began) * 1000, 3)}


def describe(sock: ssl.SSLSocket) -> dict[str, Any]:
    """Protocol version, cipher and the SHA-256 of each certificate (DER) that the server sent, its own first."""
    cipher = sock.cipher()
    chain = [hashlib.sha256(each).hexdigest() for each in chain_of(sock)]
    return {
        "tls_version": sock.version() or "",
        "cipher": cipher[0] if cipher else "",
        "fingerprint": chain[0] if chain else "",
        "chain": chain,
    }


def chain_of(sock: ssl.SSLSocket) -> list[bytes]:
    """The certificates that the server sent, as DER. Public since Python 3.13, the same call underneath before."""
    if hasattr(sock, "get_unverified_chain"):
        return [bytes(each) for each in sock.get_unverified_chain()]
    inner: Any = getattr(sock, "_sslobj", None)
    return [each.public_bytes(DER) for each in (inner.get_unverified_chain() or ())] if inner else []


def failure(error: ssl.SSLError) -> dict[str, Any]:
    """Why a handshake failed, as data; ``tls_error`` is OpenSSL's name for it."""
    verify = getattr(error, "verify_message", "")
    return {"reason": f"TLS: {verify or error.reason or error}", "tls_error": error.reason or type(error).__name__}
