"""A session with a running Odoo, over the calls that its web client makes."""

from __future__ import annotations

import http.cookiejar
import itertools
import json
import urllib.error
import urllib.request
from typing import Any

#: Seconds for one call; a first synchronisation may take that long.
PATIENCE = 180


class Refused(Exception):
    """Odoo answered with an error, in the words that a user reads."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Each redirect is the caller's to follow."""

    def redirect_request(self, *_args: object) -> None:
        """Follow none."""


class Client:
    """One user's session: `client.call("crm.lead", "search_read", domain, fields=…)`."""

    def __init__(self, url: str, db: str, login: str, password: str):
        self.url = url
        self._ids = itertools.count(1)
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(cookies)
        self._visitor = urllib.request.build_opener(cookies, _NoRedirect())
        session = {"db": db, "login": login, "password": password}
        self.uid = self.post("/web/session/authenticate", **session)["uid"]

    def post(self, path: str, **params: Any) -> Any:
        """Return the result of a JSON-RPC call. Raises Refused with the server's words."""
        body = {"jsonrpc": "2.0", "id": next(self._ids), "method": "call", "params": params}
        request = urllib.request.Request(
            self.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with self._opener.open(request, timeout=PATIENCE) as answer:
            payload = json.load(answer)
        if error := payload.get("error"):
            raise Refused(error["data"]["message"] or error["message"])
        # The answer of a method that returns None has no result.
        return payload.get("result")

    def visit(self, path: str) -> tuple[int, str, str]:
        """Return the status of a page, where a redirect leads to, and the page itself."""
        try:
            with self._visitor.open(self.url + path, timeout=PATIENCE) as answer:
                return answer.status, "", answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.headers.get("Location", ""), answer.read().decode()

    def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a public method of a model, as the web client does."""
        return self.post(
            f"/web/dataset/call_kw/{model}/{method}",
            model=model,
            method=method,
            args=list(args),
            kwargs=kwargs,
        )

    def create(self, model: str, **values: Any) -> int:
        """Create a record; return its id."""
        return self.call(model, "create", [values])[0]

    def read(self, model: str, res_id: int, *names: str) -> dict[str, Any]:
        """Return some fields of a record."""
        return self.call(model, "read", [res_id], list(names))[0]
