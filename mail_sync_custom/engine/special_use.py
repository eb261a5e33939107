"""Which folder is the inbox, and which one holds what was sent.

The server's word comes first (RFC 6154), then the names that clients give the folder in the
languages of the world. Neither is certain, so the answer may be None: then the user picks.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

from .values import Folder, SpecialUse

#: Names of Sent, by language; several each, because clients differ. Compared ignoring case, accents
#: (a server may have lost them), and differences in white space.
SENT_NAMES: dict[str, tuple[str, ...]] = {
    "English": (
        "Sent", "Sent Items", "Sent Messages", "Sent Mail", "Sent-Mail", "SentMail", "sent_mail",
        "sent-items", "Sent Email", "Sent Objects",
    ),
    "Afrikaans": ("Gestuur", "Gestuurde items"),
    "Albanian": ("Të dërguara", "Dërguar"),
    "Arabic": ("البريد المرسل", "العناصر المرسلة", "المرسلة", "مرسل", "الرسائل المرسلة"),
    "Basque": ("Bidalita", "Bidaliak"),
    "Bulgarian": ("Изпратени", "Изпратена поща", "Изпратени елементи"),
    "Catalan": ("Enviats", "Correu enviat", "Elements enviats"),
    "Chinese": (
        "已发送", "已发送邮件", "已发邮件", "已发信息", "已傳送的郵件", "寄件備份",
        "已寄出", "已傳送", "寄件備份匣",
    ),
    "Croatian": ("Poslano", "Poslane poruke", "Poslane stavke"),
    "Czech": ("Odeslané", "Odeslaná pošta", "Odeslané zprávy", "Odeslané položky"),
    "Danish": ("Sendt", "Sendt post", "Sendte", "Sendte elementer", "Sendt mail"),
    "Dutch": ("Verzonden", "Verzonden items", "Verzonden berichten", "Verzonden objecten"),
    "Estonian": ("Saadetud", "Saadetud kirjad", "Saadetud üksused"),
    "Finnish": ("Lähetetyt", "Lähetetyt viestit", "Lähetetty", "Lähetetyt kohteet"),
    "French": (
        "Envoyés", "Éléments envoyés", "Messages envoyés", "Envoyé", "Courrier envoyé",
        "Objets envoyés",
    ),
    "Galician": ("Correo enviado", "Elementos enviados"),
    "German": (
        "Gesendet", "Gesendete Elemente", "Gesendete Objekte", "Gesendete Nachrichten",
        "Gesendete", "Gesendete E-Mails", "Gesendete Mails",
    ),
    "Greek": ("Απεσταλμένα", "Σταλθέντα", "Απεσταλμένα μηνύματα", "Στοιχεία που έχουν σταλεί"),
    "Hebrew": ("נשלחו", "פריטים שנשלחו", "דואר שנשלח"),
    "Hindi": ("भेजे गए", "भेजा गया", "भेजे गए आइटम"),
    "Hungarian": ("Elküldött", "Elküldöttek", "Elküldött elemek", "Elküldött üzenetek"),
    "Icelandic": ("Sent skeyti", "Sendir hlutir", "Send skeyti"),
    "Indonesian": ("Terkirim", "Item Terkirim", "Pesan Terkirim"),
    "Italian": ("Inviati", "Posta inviata", "Inviata", "Messaggi inviati", "Elementi inviati"),
    "Japanese": (
        "送信済み", "送信済みアイテム", "送信済みメール", "送信済みトレイ", "送信済", "送信控え",
    ),
    "Korean": ("보낸 편지함", "보낸편지함", "보낸 메일함", "보낸메일함", "보낸 항목"),
    "Latvian": ("Nosūtītās", "Nosūtītie", "Nosūtītās ziņas", "Nosūtītie vienumi"),
    "Lithuanian": ("Išsiųsti", "Išsiųstieji", "Išsiųsti laiškai", "Išsiųsti elementai"),
    "Malay": ("Dihantar", "Item Dihantar"),
    "Norwegian": ("Sendt", "Sendte elementer", "Sendte meldinger", "Sendte"),
    "Persian": ("فرستاده شده", "ارسال شده", "موارد ارسال شده"),
    "Polish": ("Wysłane", "Elementy wysłane", "Wysłane wiadomości", "Poczta wysłana"),
    "Portuguese": (
        "Enviados", "Enviadas", "Itens Enviados", "Itens enviados", "Mensagens enviadas",
        "E-mails enviados", "Correio enviado",
    ),
    "Romanian": ("Trimise", "Elemente trimise", "Expediate", "Mesaje trimise"),
    "Russian": ("Отправленные", "Отправленные элементы", "Отправлено"),
    "Serbian": ("Poslato", "Послато", "Poslate poruke", "Послате поруке"),
    "Slovak": ("Odoslané", "Odoslaná pošta", "Odoslané správy", "Poslané", "Odoslané položky"),
    "Slovenian": ("Poslano", "Poslana pošta", "Poslane", "Poslani elementi"),
    "Spanish": ("Enviados", "Elementos enviados", "Mensajes enviados", "Enviado", "Correo enviado"),
    "Swedish": ("Skickat", "Skickade", "Skickade objekt", "Skickade meddelanden", "Sänt"),
    "Thai": ("ส่งแล้ว", "รายการที่ส่ง", "จดหมายที่ส่ง"),
    "Turkish": (
        "Gönderilmiş", "Gönderilmiş Öğeler", "Gönderilenler", "Gönderilmiş Postalar",
        "Gönderilen", "Gönderildi",
    ),
    "Ukrainian": ("Надіслані", "Відправлені", "Надіслані елементи"),
    "Vietnamese": ("Đã gửi", "Thư đã gửi", "Mục đã gửi"),
}  # fmt: skip


def _plain(name: str) -> str:
    """Return a name for comparison: NFKC, casefolded, without accents, white space collapsed.

    Servers and old clients lose accents (``Envoyes``, ``Wyslane``) or write them decomposed.
    """
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    return " ".join(unicodedata.normalize("NFKC", folded.translate(_BARE)).split())


# The combining diacritics, and letters whose stroke is not a combining mark. Not the vowel signs of
# Thai, Hindi or Arabic, nor Japanese voicing marks: those change the word.
_BARE = dict.fromkeys(range(0x300, 0x370)) | str.maketrans("łđøı", "ldoi")


_BELOW_INBOX = re.compile(r"^INBOX[./\\]", re.IGNORECASE)
_SENT = frozenset(_plain(name) for names in SENT_NAMES.values() for name in names)


def _path(folder: Folder) -> list[str]:
    """Return the components of a folder's name.

    Some servers give NIL as the delimiter, or a different one from that used below INBOX.
    """
    name = _BELOW_INBOX.sub("", folder.name)
    parts = name.split(folder.delimiter) if folder.delimiter else [name]
    return [part for part in parts if part.strip()] or [name]


def _is_inbox(folder: Folder) -> bool:
    """INBOX, in whatever case, is the inbox and needs no attribute (RFC 9051 §5.1)."""
    return folder.name.upper() == "INBOX"


def _has_inbox_attribute(folder: Folder) -> bool:
    return "\\inbox" in folder.attributes  # Gmail's XLIST and some others


def _has_sent_attribute(folder: Folder) -> bool:
    return "\\sent" in folder.attributes  # RFC 6154 §2


def _is_sent_by_name(folder: Folder) -> bool:
    return _plain(_path(folder)[-1]) in _SENT


#: The tests in order: the first that any folder passes decides.
_TESTS: dict[SpecialUse, tuple[Callable[[Folder], bool], ...]] = {
    SpecialUse.INBOX: (_is_inbox, _has_inbox_attribute),
    SpecialUse.SENT: (_has_sent_attribute, _is_sent_by_name),
}

#: The prefixes of Gmail's folders: below one of them counts as the top level, as below INBOX.
_ROOTS = frozenset(["[gmail]", "[google mail]"])


def _rank(folder: Folder) -> tuple[int, int, str]:
    """Return the sort key among folders that pass the same test.

    The one nearest to the top comes first (``INBOX.`` and ``[Gmail]/`` do not count), because a
    *Sent* further down belongs to an archive or a shared mailbox; then the best-known name, in the
    order of the table; then alphabetical order, so that the choice is always the same.
    """
    path = _path(folder)
    if len(path) > 1 and path[0].casefold() in _ROOTS:
        path = path[1:]
    return len(path), _POPULARITY.get(_plain(path[-1]), len(_POPULARITY)), folder.name


_POPULARITY = {
    _plain(name): place
    for place, name in reversed(
        list(enumerate(name for names in SENT_NAMES.values() for name in names))
    )
}


def find(folders: Sequence[Folder], use: SpecialUse) -> Folder | None:
    """Return the folder for a use; None if it cannot be determined, and then the user picks.

    An attribute from the server takes precedence over a name. Folders that cannot be selected, such
    as Gmail's ``[Gmail]``, are ignored. Of several candidates the one with the lowest :func:`_rank`
    is chosen, in whatever order the server listed them.
    """
    selectable = [folder for folder in folders if folder.selectable]
    for test in _TESTS[use]:
        if found := [folder for folder in selectable if test(folder)]:
            return min(found, key=_rank)
    return None
