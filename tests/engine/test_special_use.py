"""Which folder holds what was sent, in the folder lists of real servers."""

import random
import unicodedata

import pytest

from engine.special_use import SENT_NAMES, find
from engine.values import Folder, SpecialUse


def folders(*names: str, delimiter: str = "/", **attributes: str) -> list[Folder]:
    marks = {name: frozenset(marks.split()) for name, marks in attributes.items()}
    return [Folder(name, delimiter, marks.get(name, frozenset())) for name in names]


def sent(*names: str, delimiter: str = "/", **attributes: str) -> str | None:
    found = find(folders(*names, delimiter=delimiter, **attributes), SpecialUse.SENT)
    return found and found.name


def test_the_servers_own_word_comes_before_any_name():
    assert sent("INBOX", "Sent", "Archiv", Archiv="\\sent \\hasnochildren") == "Archiv"


def test_gmail_in_english_and_in_german():
    english = folders("INBOX", "[Gmail]", "[Gmail]/All Mail", "[Gmail]/Sent Mail")
    assert find(english, SpecialUse.SENT).name == "[Gmail]/Sent Mail"
    german = folders("INBOX", "[Gmail]", "[Gmail]/Alle Nachrichten", "[Gmail]/Gesendet")
    assert find(german, SpecialUse.SENT).name == "[Gmail]/Gesendet"


def test_a_courier_server_keeps_everything_below_inbox():
    assert sent("INBOX", "INBOX.Drafts", "INBOX.Sent", delimiter=".") == "INBOX.Sent"


@pytest.mark.parametrize(
    "name",
    [
        "Sent", "sent", "SENT ITEMS", "Sent Messages", "Sent Mail", "Gesendet",
        "Gesendete Elemente", "Gesendete Objekte", "Envoyés", "Envoyes", "Éléments envoyés",
        "Messages envoyés", "Odeslané", "Odeslaná pošta", "Enviados", "Posta inviata",
        "Verzonden", "Verzonden items", "Wysłane", "Wyslane", "Skickat", "Отправленные",
        "已发送", "送信済み", "보낸편지함", "Απεσταλμένα",
        "Gönderilmiş Öğeler", "GÖNDERILMIŞ ÖĞELER", "ส่งแล้ว",
        "פריטים שנשלחו", "العناصر المرسلة", "Sent\u00a0Items",
    ],
)  # fmt: skip
def test_sent_is_found_by_its_name_in_the_users_language(name):
    assert sent("INBOX", "Drafts", name, "Trash") == name
    decomposed = unicodedata.normalize("NFD", name)
    assert sent("INBOX", f"INBOX.{decomposed}", delimiter=".") == f"INBOX.{decomposed}"


def test_the_names_of_at_least_twenty_five_languages_are_known():
    assert len(SENT_NAMES) >= 25
    for names in SENT_NAMES.values():
        for name in names:
            assert sent("INBOX", name) == name


@pytest.mark.parametrize(
    "names",
    [
        ("INBOX", "Drafts", "Trash"),
        ("INBOX", "Presented", "Sent to review", "Absent"),
        ("INBOX", "Outbox", "Postausgang", "发件箱", "寄件匣", "Исходящие"),
        (),
    ],
)
def test_where_nothing_is_certain_the_user_picks(names):
    assert sent(*names) is None


def test_a_folder_that_cannot_be_selected_is_never_chosen():
    both = folders("Sent", "INBOX/Sent", Sent="\\noselect \\haschildren")
    assert find(both, SpecialUse.SENT).name == "INBOX/Sent"
    assert sent("Sent", Sent="\\nonexistent \\sent") is None


def test_of_two_the_one_nearest_to_the_top_is_chosen_whatever_the_order():
    many = folders("Archive/2019/Sent", "INBOX/Sent Items", "Other Users/bob/Sent", "Old/Sent")
    many += folders("[Gmail]/Gesendet")
    for _ in range(10):
        random.shuffle(many)
        assert find(many, SpecialUse.SENT).name == "INBOX/Sent Items"


def test_of_two_at_the_same_place_the_better_known_name_is_chosen():
    assert sent("Gesendete Objekte", "Sent Messages", "Sent Items", "Sent") == "Sent"
    assert sent("Gesendet", "Sent Messages") == "Sent Messages"


def test_two_folders_with_the_attribute_are_decided_the_same_way():
    marks = {"Sent Messages": "\\sent", "Sent": "\\sent"}
    assert sent("Sent Messages", "Sent", **marks) == "Sent"


@pytest.mark.parametrize("name", ["INBOX", "Inbox", "inbox"])
def test_the_inbox_is_inbox_in_any_case(name):
    assert find(folders("Sent", "INBOX.x", name), SpecialUse.INBOX).name == name


def test_a_folder_below_the_inbox_is_not_the_inbox():
    assert find(folders("INBOX/inbox", "Archive/INBOX"), SpecialUse.INBOX) is None


def test_a_server_without_hierarchy_has_plain_names():
    assert sent("INBOX", "Sent", delimiter="") == "Sent"
    assert sent("INBOX", "INBOX.Sent", delimiter="") == "INBOX.Sent"
    assert sent("INBOX", "INBOX.Sent Items", delimiter="/") == "INBOX.Sent Items"
