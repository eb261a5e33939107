"""What a server's sentence means: text → one code, one kind, and the pause that it asks for.

Servers say why in free text, and the response codes of RFC 5530 and RFC 3463 are used by few and
used alike by fewer, so that the sentences themselves are listed here, as providers write them. A
sentence is looked up in this order, and the first that knows it answers:

1. ``SENTENCES``, the list of what is known, in the order that keeps one cause from being taken
   for another: switched off, then what is asked of the user, then limits and bad moments, and
   only then a wrong password;
2. the SMTP reply and enhanced status code (RFC 5321 §4.2, RFC 3463), or the IMAP response code
   (RFC 5530, RFC 9051 §7.1); where they say no more than *refused*, the words go first that tell
   whose fault it is (``MEANINGS``, in several languages);
3. ``FAMILIES``, other words that many servers share;
4. at the login a NO in any words is a refused login; anything else is ``unknown``, which quotes
   the server and accuses nobody.

Temporary errors taken for wrong passwords have disabled good accounts elsewhere
(frappe/frappe#4968, chatwoot/chatwoot#13671).

Nothing here has words for a user (``words/`` has them) or opens a connection (``imap``, ``smtp``).
"""

from .classes import certificate_code
from .families import FAMILIES
from .meaning import MAX_RETRY_AFTER, Cause, classify, classify_chain
from .meanings import MEANINGS
from .numbers import ENHANCED, REPLIES, RESPONSE_CODES, RESPONSE_CODES_AT_LOGIN
from .rules import BOUNCE, IMAP, KINDS, SMTP
from .sentences import SENTENCES
