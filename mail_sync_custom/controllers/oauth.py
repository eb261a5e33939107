"""The browser's way to a provider's sign-in page and back (RFC 6749 §4.1).

What ties the two together is in the user's session, which the server keeps: whoever comes back with
a state that this session did not begin, or has used, is not the one who left (RFC 6749 §10.12,
RFC 9700 §2.1). Exchanging the code and connecting the mailbox are two requests: a request that
Odoo repeats, or that somebody reloads, must not use a code twice.
"""

import time
from urllib.parse import urlsplit

from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from ..engine.errors import LoginRefused, MailError

#: Where a session keeps the sign-ins that it has begun; how many, and for how many seconds.
KEY = "mail_sync_oauth"
MOST, LASTS = 5, 15 * 60
BASE = "/mail_sync_custom/oauth"


class MailSyncOauth(http.Controller):
    """Three routes: to the provider, back from it, and to the connected mailbox."""

    @http.route(f"{BASE}/start/<int:setup_id>", type="http", auth="user", methods=["GET"])
    def start(self, setup_id):
        """Send the browser to the provider's page."""
        setup = request.env["mail.sync.account.setup"].browse(setup_id)
        base = request.env["mail.sync.oauth.client"].get_base_url()
        if urlsplit(base).netloc != request.httprequest.host:
            # The session is another one there, and the provider comes back there.
            words = request.env._(
                "Your provider returns you to %s. Open Odoo at that address, and sign in from "
                "there.",
                base,
            )
            return self._page(words)
        try:
            url, begun = setup._begin_sign_in()
        except (MailError, UserError) as error:
            return self._page(self._words(error))
        kept = list(request.session.get(KEY, {}).items())[-MOST + 1 :]
        request.session[KEY] = {
            **dict(kept),
            begun["state"]: {**begun, "setup": setup_id, "at": time.time()},
        }
        return request.redirect(url, code=303, local=False)

    @http.route(f"{BASE}/callback", type="http", auth="user", methods=["GET"], readonly=False)
    def callback(self, state="", code="", error="", error_description="", iss="", **_unused):
        """Take what the provider sent the browser back with: a code, or a refusal."""
        begun = self._begun(state)
        if not begun:
            return self._page(self._words(LoginRefused(code="sign_in_expired")))
        setup = request.env["mail.sync.account.setup"].browse(begun["setup"])
        try:
            setup._take_code(begun, code, error, error_description, iss)
        except (MailError, UserError) as failure:
            return self._page(self._words(failure), begun["setup"])
        return request.redirect(f"{BASE}/done/{begun['setup']}", code=303)

    @http.route(
        f"{BASE}/done/<int:setup_id>", type="http", auth="user", methods=["GET"], readonly=False
    )
    def done(self, setup_id):
        """Connect the mailbox; nothing happens for whoever did not sign in."""
        setup = request.env["mail.sync.account.setup"].browse(setup_id)
        try:
            account = setup._connect_signed_in()
        except (MailError, UserError) as error:
            return self._page(self._words(error), setup_id)
        return request.redirect(
            f"/odoo/action-mail_sync_custom.mail_sync_account_action/{account.id}", code=303
        )

    def _begun(self, state):
        """Return a sign-in that this session has begun, and forget it; None for any other."""
        begun = dict(request.session.get(KEY, {}))
        found = begun.pop(state, None)
        request.session[KEY] = begun
        return found if found and time.time() - found["at"] < LASTS else None

    def _words(self, error):
        if isinstance(error, UserError):
            return str(error)
        return request.env["mail.sync.account"]._explain(error)

    def _page(self, words, setup_id=None):
        """Show why it did not work, with the way back and, if it makes sense, another try."""
        first, _, rest = words.partition("\n")
        values = {
            "headline": first,
            "lines": rest.splitlines(),
            "again": setup_id and f"{BASE}/start/{setup_id}",
        }
        response = request.render("mail_sync_custom.oauth_failed", values)
        response.status_code = 400
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response
