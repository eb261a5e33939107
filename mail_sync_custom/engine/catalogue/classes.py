"""Exceptions of the standard library → a code: what they are sure of, whatever their language."""

from __future__ import annotations

import errno
import socket
import ssl

from ..errors import MailError, Step
from .families import FAMILIES
from .rules import IMAP, by_rule, normal

#: X509_V_ERR_… of OpenSSL (``x509_vfy.h``), which Python hands on as ``verify_code``.
_VERIFY_CODES = {
    9: "certificate_expired",  # CERT_NOT_YET_VALID
    10: "certificate_expired",  # CERT_HAS_EXPIRED
    62: "certificate_name",  # HOSTNAME_MISMATCH
    63: "certificate_name",  # EMAIL_MISMATCH
    64: "certificate_name",  # IP_ADDRESS_MISMATCH
}

_ERRNOS = {
    errno.ECONNREFUSED: "connection_refused",
    errno.ENETUNREACH: "network_unreachable",
    errno.EHOSTUNREACH: "network_unreachable",
    errno.EADDRNOTAVAIL: "network_unreachable",
    errno.ETIMEDOUT: "timeout",
}


def certificate_code(verify_code: int) -> str:
    """Return the code for a certificate that OpenSSL refuses with this number."""
    return _VERIFY_CODES.get(verify_code, "certificate_untrusted")


def by_class(error: BaseException) -> str:
    """Classify what the standard library is sure of, whatever its text and language."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return certificate_code(error.verify_code)
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return "connection_lost"
    if isinstance(error, ssl.SSLError) and not isinstance(error, TimeoutError):
        return by_rule(FAMILIES, normal(str(error)), Step.TLS, IMAP) or "tls_failed"
    if isinstance(error, socket.gaierror):
        return "lookup_failed" if error.errno == socket.EAI_AGAIN else "host_not_found"
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, OSError) and error.errno in _ERRNOS:
        return _ERRNOS[error.errno]
    if isinstance(error, ConnectionRefusedError):
        return "connection_refused"
    if isinstance(error, ConnectionError | EOFError):
        return "connection_lost"
    return ""


def words(error: BaseException) -> str:
    """Return what an exception says; smtplib's keep the reply's number and words apart."""
    if isinstance(error, MailError):
        return error.detail
    code, said = getattr(error, "smtp_code", None), getattr(error, "smtp_error", None)
    refused = getattr(error, "recipients", None)
    if code is None and isinstance(refused, dict) and refused:
        code, said = next(iter(refused.values()))
    if isinstance(said, bytes):
        said = said.decode("utf-8", "replace")
    return f"{code} {said}" if code is not None else str(error)
