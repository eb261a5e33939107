"""Names of months that mailers put into Date, contrary to RFC 5322 §3.3.

In lower case and without accents; a longer name begins with one of these. A name that means two
months in two languages (Croatian *lipanj* is Polish *lipiec*) is that of the language with more
speakers.
"""

from __future__ import annotations

import unicodedata

_NAMES = (
    # English, German, Dutch, Scandinavian, French, Spanish, Portuguese, Italian, Romanian, Catalan;
    # then Polish, Czech, Turkish, Finnish, Baltic; then Russian, Ukrainian, Bulgarian, Serbian,
    # Greek; then Croatian, Malay, Hebrew, Arabic. On each second line Basque, Albanian, Azeri,
    # Welsh, Filipino; Armenian, Georgian, Kazakh, Belarusian.
    "jan ene gen ian sty led oca tam jaan saus янв січ яну јан ιαν sij ינו ينا"
    " urt yan ion հնվ հունվ იან қаң сту",
    "feb fev lut uno sub hel veeb vas фев лют феб φεβ vel פבר فبر ots shk peb chw փտվ փետ თებ ақп",
    "mar mrz mrt bre maa kov mac мар бер μαρ ozu מרץ مار maw մրտ մարտ მარ нау сак",
    "apr avr abr kwi dub nis huh bal апр кві απρ אפר ابر pri ebr ապր აპრ сәу кра",
    "may mai maj mag mei kve tou geg май мая тра мај μαι svi מאי ماي eka մյս մայ მაი мам",
    "jun juin juny giu iun cze cvn cer haz kes birz juun июн чер юни јун ιουν יונ يون"
    " qer hun iyn meh հնս հունիս ივნ мау чэр",
    "jul juil lug iul lip cvc cervenc tem hei liep juul июл лип юли јул ιουλ יול يول"
    " uzt korr hul iyl gor հլս հուլ ივლ шіл ліп",
    "aug aou ago agu agt sie srp elo rugp авг сер αυγ avg kol ogo אוג اغس"
    " abu gus avq aws օգս აგვ там жні",
    "sep set sze wrz zar eyl syy rugs сен вер септ σεπ ruj ספט سبت ira sht սեպ სექ қыр",
    "oct okt ott out paz rij eki lok spal окт жов οκτ אוק اكت urr tet hyd հոկ ოქტ қаз кас",
    "nov noi lis kas marr lapk ноя лис ное нов νοε stu נוב نوف"
    " aza nen nob noy tach նոյ ნოე қар ліс",
    "dec dez dic des gru pro ara jou dets gruod дек гру дец δεκ dis דצמ ديس"
    " abe dhj rhag դեկ დეკ жел сне",
)


def bare(name: str) -> str:
    """Return a name in lower case without accents, as in the table."""
    letters = unicodedata.normalize("NFKD", name.lower().replace("ı", "i").replace("ł", "l"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


MONTHS = {bare(name): number for number, names in enumerate(_NAMES, 1) for name in names.split()}
#: Months that are numbers in Chinese and Japanese.
NUMERALS = {name: number for number, name in enumerate("一二三四五六七八九十", 1)}
NUMERALS |= {"十一": 11, "十二": 12}
