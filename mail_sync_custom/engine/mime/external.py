"""message/external-body → where its content is: that is all it says (RFC 2046 §5.2.3, RFC 2017)."""

from __future__ import annotations

from collections.abc import Mapping

EXTERNAL = "message/external-body"
_FTP = frozenset("ftp anon-ftp tftp".split())


def address_of(parameters: Mapping[str, str]) -> str:
    """Return the name and the address of the content; "" where the parameters name none.

    >>> address_of({"access-type": "anon-ftp", "site": "x.example", "name": "a.txt"})
    'ftp://x.example/a.txt'
    """
    kind, name = parameters.get("access-type", "").lower(), parameters.get("name", "")
    if url := "".join(parameters.get("url", "").split()):  # which may be folded (RFC 2017 §3.1)
        return f"{name}: {url}" if name else url
    site = parameters.get("site", "")
    if kind not in _FTP or not (site and name):
        return ""
    path = "/".join(filter(None, (parameters.get("directory", "").strip("/"), name.lstrip("/"))))
    return f"{'tftp' if kind == 'tftp' else 'ftp'}://{site}/{path}"
