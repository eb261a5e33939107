"""The certificates of the embedded mail servers: trusted, self-signed and for another name."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from .console import step
from .paths import CERTIFICATES, write

BUNDLE = CERTIFICATES / "bundle.pem"
SELF_SIGNED = CERTIFICATES / "self-signed"
WRONG_NAME = CERTIFICATES / "wrong-name"
TRUSTED = CERTIFICATES / "trusted"

# Some clients refuse certificates that are valid for longer than 825 days.
DAYS = 800


@dataclass(frozen=True)
class Pair:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def save(self, folder: Path) -> None:
        """Write `certificate.pem` and `key.pem`."""
        key = self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        write(folder / "key.pem", key.decode(), mode=0o600)
        write(folder / "certificate.pem", self.pem())

    def pem(self) -> str:
        """Return the certificate as text."""
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()


def issue(common_name: str, *names: str, by: Pair | None = None, ca: bool = False) -> Pair:
    """Make a certificate for names and addresses, signed by another or by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])
    signing = by.key if by else key
    now = datetime.datetime.now(datetime.UTC)
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key())
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=DAYS))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(identifier, critical=False)
    )
    if ca:
        builder = builder.add_extension(_may_sign(), critical=True)
    if names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False
        )
    return Pair(builder.sign(signing, hashes.SHA256()), key)


def _may_sign() -> x509.KeyUsage:
    uses = dict.fromkeys(
        (
            "digital_signature",
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    return x509.KeyUsage(key_cert_sign=True, crl_sign=True, **uses)


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def make() -> None:
    """Make the certificates, and the bundle with which a process also trusts our authority."""
    if BUNDLE.exists() and _lasts(TRUSTED / "certificate.pem"):
        return
    with step("Making certificates"):
        authority = issue("Mail Sync development authority", ca=True)
        issue("localhost", "localhost", "127.0.0.1").save(SELF_SIGNED)
        issue("mail.other.example", "mail.other.example", by=authority).save(WRONG_NAME)
        issue("127.0.0.3", "127.0.0.3", by=authority).save(TRUSTED)
        write(BUNDLE, f"{_system_bundle()}\n{authority.pem()}")


def _lasts(file: Path) -> bool:
    certificate = x509.load_pem_x509_certificate(file.read_bytes())
    tomorrow = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)
    return certificate.not_valid_after_utc > tomorrow


def _system_bundle() -> str:
    # OpenSSL's own default. SSL_CERT_FILE may name a bundle of ours.
    for file in (
        ssl.get_default_verify_paths().openssl_cafile,
        "/etc/ssl/certs/ca-certificates.crt",
    ):
        if Path(file).exists():
            return Path(file).read_text()
    return ""
