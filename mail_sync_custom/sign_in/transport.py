"""The network of the sign-in library: its requests go through the engine, under the host policy."""

from __future__ import annotations

from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter

from ..engine.net import web
from ..engine.net.policy import Policy


class PolicyAdapter(BaseAdapter):
    """A transport adapter for ``requests``. Raises MailError where there is no answer."""

    def __init__(self, policy: Policy):
        super().__init__()
        self._policy = policy

    def send(self, request: PreparedRequest, *_args: object, **_options: object) -> Response:
        """Return the answer to a request; ``requests``' own options do not matter here."""
        body = request.body
        reply = web.ask(
            request.method or "GET",
            request.url or "",
            headers=dict(request.headers),
            body=body.encode() if isinstance(body, str) else body,
            policy=self._policy,
        )
        response = Response()
        response.status_code = reply.status
        response.headers.update(reply.headers)
        response._content = reply.body
        response.encoding = "utf-8"
        response.url = request.url or ""
        response.request = request
        return response

    def close(self) -> None:
        """Do nothing: each request has a connection of its own."""
