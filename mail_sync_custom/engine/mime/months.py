"""Names of months that mailers put into Date, contrary to RFC 5322 §3.3.

In lower case and without accents; a longer name begins with one of these. A name that means two
months in two languages (Croatian *lipanj* is Polish *lipiec*) is that of the language with more
speakers.
"""

from __future__ import annotations

import unicodedata

_NAMES = (
    # English, German, Dutch, Scandinavian, French, Spanish, Portuguese, Italian, Romanian, Catalan;
    # then Polish, Czech, Turkish, Finnish, Baltic; then Russian, Ukrainian, Bulgarian, Greek.
    "jan ene gen ian sty led oca tam jaan saus янв січ яну ιαν sij",
    "feb fev lut uno sub hel veeb vas фев лют φεβ vel",
    "mar mrz mrt bre maa kov мар бер μαρ ozu",
    "apr avr abr kwi dub nis huh bal апр кві απρ",
    "may mai maj mag mei kve tou geg май мая тра μαι svi",
    "jun juin juny giu iun cze cvn cer haz kes birz juun июн чер юни ιουν",
    "jul juil lug iul lip cvc cervenc tem hei liep juul июл лип юли ιουλ",
    "aug aou ago agu agt sie srp elo rugp авг сер αυγ avg kol",
    "sep set sze wrz zar eyl syy rugs сен вер септ σεπ ruj",
    "oct okt ott out paz rij eki lok spal окт жов οκτ",
    "nov noi lis kas marr lapk ноя лис ное νοε stu",
    "dec dez dic des gru pro ara jou dets gruod дек гру δεκ",
)


def bare(name: str) -> str:
    """Return a name in lower case without accents, as in the table."""
    letters = unicodedata.normalize("NFKD", name.lower().replace("ı", "i").replace("ł", "l"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


MONTHS = {bare(name): number for number, names in enumerate(_NAMES, 1) for name in names.split()}
