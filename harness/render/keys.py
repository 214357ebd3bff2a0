"""The lab's key material: a CA, server certificates, DNSSEC and mail secrets, all derived from one name in the plan.

Two renders of one plan give the same bytes, nothing has to be stored, and nothing here protects anything: whoever has
the plan has the keys. They exist so that TLS and DNSSEC are real in the lab.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_NOT_BEFORE = datetime(2020, 1, 1, tzinfo=UTC)
_NOT_AFTER = datetime(2060, 1, 1, tzinfo=UTC)
_CA_USAGE = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)

ECDSAP256SHA256 = 13
"""DNSSEC algorithm number (RFC 6605 section 5)."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Everything that is derived from ``seed``."""

    seed: str

    def password(self, user: str) -> str:
        """A password of a lab user."""
        return hashlib.sha256(f"{self.seed}/password/{user}".encode()).hexdigest()[:16]

    def secret(self, name: str) -> str:
        """A shared secret of 256 bits in base64, as TSIG and rndc want it."""
        return base64.b64encode(hashlib.sha256(f"{self.seed}/secret/{name}".encode()).digest()).decode()

    def ca(self) -> str:
        """The lab CA's certificate, PEM."""
        return _pem(_ca(self.seed))

    def certificate(self, names: Sequence[str]) -> str:
        """A server certificate for ``names`` with the CA's behind it, PEM."""
        return _pem(_server(self.seed, tuple(names))) + self.ca()

    def private_key(self, names: Sequence[str]) -> str:
        """The key that belongs to ``certificate(names)``, PEM."""
        key = _key(self.seed, "server/" + names[0])
        return key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()

    def zone(self, name: str) -> ZoneKey:
        """The signing key of a zone."""
        numbers = _key(self.seed, "zone/" + name).private_numbers()
        public = numbers.public_numbers.x.to_bytes(32, "big") + numbers.public_numbers.y.to_bytes(32, "big")
        return ZoneKey(name, public, numbers.private_value.to_bytes(32, "big"))


@dataclass(frozen=True, slots=True)
class ZoneKey:
    """A combined signing key (flags 257) of a zone; ``zone`` without the last dot, the root is ``""``."""

    zone: str
    public: bytes
    private: bytes

    @property
    def _rdata(self) -> bytes:
        return (257).to_bytes(2, "big") + bytes([3, ECDSAP256SHA256]) + self.public

    @property
    def tag(self) -> int:
        """The key tag (RFC 4034 appendix B)."""
        total = sum(byte << 8 if index % 2 == 0 else byte for index, byte in enumerate(self._rdata))
        return (total + (total >> 16)) & 0xFFFF

    @property
    def file(self) -> str:
        """The name that BIND expects, without its ending."""
        return f"K{self.zone}.+{ECDSAP256SHA256:03d}+{self.tag:05d}"

    @property
    def dnskey(self) -> str:
        """The record's data in presentation form."""
        return f"257 3 {ECDSAP256SHA256} {base64.b64encode(self.public).decode()}"

    @property
    def ds(self) -> str:
        """The parent's DS data (SHA-256, RFC 4509)."""
        labels = [label for label in self.zone.split(".") if label]
        owner = b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\0"
        return f"{self.tag} {ECDSAP256SHA256} 2 {hashlib.sha256(owner + self._rdata).hexdigest().upper()}"

    @property
    def private_file(self) -> str:
        """The private key in BIND's format."""
        times = "".join(f"{what}: 20200101000000\n" for what in ("Created", "Publish", "Activate"))
        return (
            "Private-key-format: v1.3\n"
            f"Algorithm: {ECDSAP256SHA256} (ECDSAP256SHA256)\n"
            f"PrivateKey: {base64.b64encode(self.private).decode()}\n{times}"
        )

    @property
    def public_file(self) -> str:
        """The public key in BIND's format."""
        times = "".join(f"; {what}: 20200101000000\n" for what in ("Created", "Publish", "Activate"))
        return f"{times}{self.zone}. IN DNSKEY {self.dnskey}\n"


def _number(seed: str, what: str) -> int:
    return int.from_bytes(hashlib.sha512(f"{seed}/{what}".encode()).digest(), "big")


@lru_cache(maxsize=256)
def _key(seed: str, what: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(1 + _number(seed, what) % (_P256_ORDER - 1), ec.SECP256R1())


def _builder(seed: str, what: str, subject: str) -> x509.CertificateBuilder:
    """What all certificates have; both key identifiers, because strict verifiers demand them (RFC 5280 section 4.2.1)."""
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "v6lab CA")])
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(issuer)
        .public_key(_key(seed, what).public_key())
        .serial_number(_number(seed, what + "/serial") >> 360)
        .not_valid_before(_NOT_BEFORE)
        .not_valid_after(_NOT_AFTER)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(_key(seed, what).public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(_key(seed, "ca").public_key()), critical=False
        )
    )


def _sign(seed: str, builder: x509.CertificateBuilder) -> x509.Certificate:
    return builder.sign(_key(seed, "ca"), hashes.SHA256(), ecdsa_deterministic=True)


@lru_cache(maxsize=16)
def _ca(seed: str) -> x509.Certificate:
    builder = (
        _builder(seed, "ca", "v6lab CA")
        .add_extension(x509.BasicConstraints(True, 0), critical=True)
        .add_extension(_CA_USAGE, critical=True)
    )
    return _sign(seed, builder)


@lru_cache(maxsize=256)
def _server(seed: str, names: tuple[str, ...]) -> x509.Certificate:
    builder = (
        _builder(seed, "server/" + names[0], names[0][:64])
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.BasicConstraints(False, None), critical=True)
    )
    return _sign(seed, builder)


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
