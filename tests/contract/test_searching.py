"""What a server is asked to search for it finds, where a header is plain."""

import pytest

from engine.mime.glance import glance
from engine.values import MAX_UID
from tests.contract.conftest import mail

LEA = "lea@client.example"
FORMS = [
    LEA,
    "LEA@Client.example",
    "<lea@client.example>",
    "Lea Park <lea@client.example>",
    "Lea M. Park <lea@client.example>",
    '"Park, Lea" <lea@client.example>',
    '"bob@corp.example" <lea@client.example>',
    "=?utf-8?B?TMOpYSwgIjxQYXJrPg==?= <lea@client.example>",
    "=?x-none?Q?Lea?= <lea@client.example>",
    "Lea O'Neil <lea@client.example>",
    "bob@corp.example, Cas <cas@corp.example>,\n\t=?utf-8?q?Lea?= <lea@client.example>",
    'Lea "the client" Park <lea@client.example>',
    "lea+shop@client.example",
    ", ".join([*(f"Name {n} <n{n}@corp.example>" for n in range(300)), LEA]),
]


@pytest.mark.parametrize("field", ["To", "Cc", "Reply_To", "Sender"])
def test_an_address_in_a_plain_field_is_found(server, field):
    uids = [server.deliver("INBOX", mail(**{field: form})) for form in FORMS]
    with server.connect() as session:
        session.examine("INBOX")
        assert not any(glance(headers.raw)[2] for headers in session.headers([(1, MAX_UID)]))
        assert session.mentioning(1, MAX_UID, [LEA]) == uids
