"""Which certificate is accepted, and what a failed handshake means. Pure: opens no connection.

A certificate is either verified, chain and host name, as RFC 9525 requires, or pinned: exactly that
one is accepted, and nothing else about it is checked. There is no third way. The rule is part of
the context itself, so that no user of it (``session``, ``smtp``, Odoo's own sending) can forget it,
and no password can be sent before it was checked.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import ssl
from functools import lru_cache

from ..catalogue import certificate_code
from ..errors import (
    CertificateChanged,
    CertificateExpired,
    CertificateName,
    CertificateUntrusted,
    ConnectionLost,
    ConnectionTimeout,
    MailError,
    Step,
    TlsError,
    TlsOnPlainPort,
    safe_text,
)
from ..values import Endpoint

_BY_CODE = {each.code: each for each in (CertificateExpired, CertificateName, CertificateUntrusted)}

# OpenSSL's messages when the answer to our ClientHello is a plain-text greeting.
_NOT_TLS = {
    "WRONG_VERSION_NUMBER",
    "HTTP_REQUEST",
    "PACKET_LENGTH_TOO_LONG",
    "RECORD_LAYER_FAILURE",
}
_TOO_OLD = {
    "UNSUPPORTED_PROTOCOL",
    "TLSV1_ALERT_PROTOCOL_VERSION",
    "NO_PROTOCOLS_AVAILABLE",
    "SSLV3_ALERT_HANDSHAKE_FAILURE",
    "DH_KEY_TOO_SMALL",
}


class _PinningSocket(ssl.SSLSocket):
    """Checks the certificate at the end of the handshake, before anything is sent."""

    def do_handshake(self, block: bool = False) -> None:
        super().do_handshake(block)
        try:
            verify_pin(self.context.pin, self.getpeercert(binary_form=True))
        except MailError:
            self.close()
            raise


class PinningContext(ssl.SSLContext):
    """Accepts the certificate with one fingerprint; if that is empty, any, to look at it."""

    sslsocket_class = _PinningSocket
    pin = ""


def context(endpoint: Endpoint) -> ssl.SSLContext:
    """Return the context for connecting to an endpoint: TLS 1.2 or better (RFC 8314 §4)."""
    if endpoint.pin:
        return _pinning_context(endpoint.fingerprint.lower())
    return _verifying_context(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@lru_cache(maxsize=64)
def _pinning_context(pin: str) -> PinningContext:
    """Cached: a context takes 13 KB, and thousands of connections to a server can share one."""
    made = PinningContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.pin = pin
    return made


@lru_cache(maxsize=4)
def _verifying_context(_cafile: str | None, _capath: str | None) -> ssl.SSLContext:
    """Cached: loading the system's certificates takes longer than a handshake.

    The arguments are what OpenSSL itself reads from the environment, and serve as the cache key.
    """
    made = ssl.create_default_context()
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    return made


def fingerprint(der: bytes) -> str:
    """Return the SHA-256 of a certificate as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(der).hexdigest()


def verify_pin(pin: str, der: bytes | None) -> str:
    """Return a certificate's fingerprint; raises CertificateChanged if it is not the pinned one."""
    met = fingerprint(der or b"")
    if pin and not hmac.compare_digest(pin.encode(), met.encode()):
        raise CertificateChanged(met)
    return met


def translate(error: OSError, step: Step, *, handshake: bool = False) -> MailError:
    """Return the cause of a failed handshake, or of a connection that broke later.

    Certificate errors are checked first: they are both ValueError and SSLError.
    """
    words = safe_text(str(error))
    if isinstance(error, ssl.SSLCertVerificationError):
        kind = _BY_CODE[certificate_code(error.verify_code)]
        return kind(safe_text(error.verify_message or words))
    if isinstance(error, TimeoutError):
        return ConnectionTimeout(words, step=step)
    if handshake and isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError):
        return _handshake_error(error, words)
    return ConnectionLost(words, step=step)


def _handshake_error(error: ssl.SSLError, words: str) -> TlsError:
    if error.reason in _NOT_TLS:
        return TlsOnPlainPort(words)
    return TlsError(words, code="tls_too_old" if error.reason in _TOO_OLD else None)
