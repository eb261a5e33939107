"""Words for what was reported about a mail that was sent: it came back, is late, was read."""

from . import remedies


def words(env, state, who, code, detail, *, when="", provider=None):
    """Return what became of a mail for some of its recipients.

    ``who`` are their addresses, ``when`` is the time of a receipt, for people to read. A line for
    what happened, one for what to do if there is anything, one for what the server said.
    """
    if state == "failed":
        return f"{who}: {remedies.sentences(env, code, detail, provider)}"
    if state == "delayed":
        said = remedies.quoted(env, code, detail)
        waits = env._(
            "It is late, and not lost: the mail server keeps trying, for some days as a rule. "
            "There is nothing to do; if it gives up, you read it here."
        )
        first = f"{who}: {remedies.headline(env, code)}."
        return "\n".join(filter(None, (first, waits, said)))
    if state in ("read", "deleted"):
        if state == "read":
            return env._("Read on %(when)s by %(who)s", when=when, who=who)
        return env._("Deleted unread on %(when)s by %(who)s", when=when, who=who)
    if state == "relayed":
        return env._("Handed on to a mail system that reports no more: %s", who)
    if state == "expanded":
        return env._("Handed on to the members of a list: %s", who)
    return env._("Arrived at the recipient's mail server: %s", who)
