"""From a mailbox to the store: what the header alone does not tell, and the whole mail does."""

from tests.engine.world import World

HEAD = "From: lea@client.example\nTo: ann@corp.example\nDate: 4 Mar 2024 12:00:00 +0000\n"


def raw(subject: str) -> bytes:
    head = f"{HEAD}Message-ID: <1@x>\nContent-Type: text/plain; charset=windows-1251\nSubject: "
    return (head + subject + "\n\nхорошо").encode("cp1251")


def subjects(world: World) -> list[str]:
    return [entry.subject for entry in world.database.entries]


def test_a_raw_subject_stands_on_the_lead_in_the_charset_of_the_mail():
    world = World()
    world.server.deliver("INBOX", raw("Запрос цены"))
    world.sync()
    assert subjects(world) == ["Запрос цены"]


def test_its_copy_in_another_mailbox_is_the_same_mail():
    world = World()
    world.server.deliver("INBOX", raw("Запрос цены"))
    world.sync()
    world.server.deliver("Sent", raw("Запрос цены"))
    world.sync()
    assert subjects(world) == ["Запрос цены"]
