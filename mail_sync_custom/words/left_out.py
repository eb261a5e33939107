"""What of a mail was left out, in a salesperson's words."""

from odoo.tools.misc import formatLang

_MEGABYTE = 1024 * 1024


def words(env, omitted):
    """Return what was left out and why, of one of the engine's ``Omitted`` as a dict."""
    name, size, limit = omitted["name"], omitted["size"], omitted["limit"]
    if omitted["why"] == "text_cut":
        return env._("the end of the text, which is too long")
    if omitted["why"] == "unverified":
        return env._("the check of the signature (%(name)s)", name=name)
    if omitted["why"] == "too_large":
        return env._(
            "%(name)s (%(size)s; up to %(limit)s are kept)",
            name=name,
            size=_megabytes(env, size),
            limit=_megabytes(env, limit),
        )
    if omitted["why"] == "too_many":
        return env._("%(name)s (only the first %(limit)s files are kept)", name=name, limit=limit)
    return env._("%(name)s (the mail is too large)", name=name)


def _megabytes(env, size):
    megabytes = round(size / _MEGABYTE, 1)
    digits = 0 if megabytes.is_integer() else 1
    return env._("%s MB", formatLang(env, megabytes, digits=digits))
