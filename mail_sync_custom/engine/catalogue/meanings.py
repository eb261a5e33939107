"""Whose fault a refusal is, told by families of words in the languages that servers speak: a table.

These words outrank the numbers that say no more than *refused*: a provider answers ``550 5.7.1``
to a limit of the day, to a sender that is not logged in, and to a mail that nobody wants alike.
A family is a list of stems; what is written between two of them is bounded, so that no text takes
long to read.
"""

from __future__ import annotations

from .rules import IMAP, LOGIN, SENDING, SMTP, Rule, rule
from .stems import (
    ACCOUNT,
    BLOCKED,
    CONNECTIONS,
    ENCRYPTED,
    FULL,
    LATER,
    LIMIT,
    MAILS,
    MANY,
    NEEDED,
    NOT_YOURS,
    OVER,
    RECIPIENT,
    SENDER,
    SUSPECTED,
    SWITCHED_OFF,
    TIME,
)

# -- the login -------------------------------------------------------------------------------

_TLS_FIRST = (
    rule(
        "plaintext_disallowed",
        rf"{ENCRYPTED}.{{0,40}}{NEEDED}",
        rf"{NEEDED}.{{0,40}}{ENCRYPTED}",
        rf"(?:without|unless).{{0,20}}{ENCRYPTED}",
        r"(?:clear|plain)[- ]?text (?:auth|log|pass)\w*.{0,30}(?:disabled|disallowed|not|require)",
        r"(?:unsecured|insecure|non-secure) (?:\S+ )?connection|under a layer",
        steps=LOGIN,
    ),
    rule(
        "plaintext_disallowed",
        rf"^\W*53[08]\b.*(?:{ENCRYPTED}.{{0,40}}{NEEDED}|{NEEDED}.{{0,40}}{ENCRYPTED}|without (?:ssl|tls))",
        steps=SENDING,
        protocol=SMTP,
    ),
)

# The words of a request, and no punctuation between: a help page behind a sentence asks for nothing.
# An account that is blocked or suspected is more than unseen.
_FREE = rf"^(?!.*(?:suspicious|{BLOCKED})).*"
_BY_WEB = (
    rule(
        "browser_sign_in",
        rf"{_FREE}\b(?:log|sign)[- ]?(?:in|on) (?:\w+ ){{0,4}}(?:at|to|on|via|through|using|with|in|from) (?:\w+ ){{0,3}}"
        r"(?:browser|web ?site|webmail|web (?:site|mail|page|interface)|https?://)",
        r"accept (?:\w+ ){0,3}(?:eula|agreement|terms)",
        rf"{_FREE}(?:melden sie sich|loggen sie sich|anmelden|einloggen|connecte[rz]|identifie[rz]|accedi|"
        r"acceda|inicie sesión|entre|zaloguj|войдите|авторизуйтесь).{0,30}"
        r"(?:browser|webmail|navigateur|navegador|przeglądark|браузер|веб)",
        rf"{_FREE}(?:网页|浏览器|網頁|瀏覽器).{{0,12}}(?:登录|登陆|登入)",
        r"ブラウザ.{0,12}ログイン|브라우저.{0,12}로그인",
        steps=LOGIN,
    ),
)

_SIGNING_IN = (
    rule(
        "app_password_needed",
        r"\b(?:app|application|device|client|external)[- ](?:specific )?password",
        r"parol prilozheniya|пароль (?:для )?(?:приложени|внешн)|app-?passwort|"
        r"anwendungs(?:spezifische[sn]? )?passwort|mot de passe (?:d'application|spécifique)|"
        r"contraseña (?:de|específica de) (?:la )?aplicaci|password (?:per|specifica per) (?:le )?app|"
        r"senha de (?:app|aplicativo)|アプリ(?:ケーション)?パスワード|専用パスワード|"
        r"hasł\w+ (?:do |dla )?aplikac|(?:앱|애플리케이션) ?비밀번호",
        steps=LOGIN,
    ),
    rule(
        "authorization_code_needed",
        r"authori[sz]ation (?:code|password)|授权(?:码|密码)",
        steps=LOGIN,
    ),
    rule(
        "imap_disabled",
        rf"(?<!or )\b(?:pop3?/)?imap4?(?![a-z0-9]).{{0,40}}{SWITCHED_OFF}",
        rf"{SWITCHED_OFF}.{{0,12}}(?<![a-z])imap|not imap[- ]enabled",
        r"(?:enable|activate|aktivieren|activez|active el|включите|开启).{0,20}\bimap\b",
        steps=LOGIN,
        protocol=IMAP,
    ),
    rule(
        "smtp_auth_disabled",
        r"\bsmtp (?:access |service |auth\w* |sending |relay |client )?(?:is |has been )?(?:disabled|"
        r"not (?:enabled|allowed|permitted|activated)|switched off|turned off|deactivated)",
        steps=LOGIN,
        protocol=SMTP,
    ),
    rule("app_password_needed", r"\b(?:two|2)[- ]?(?:factor|step)|\bmfa\b", steps=LOGIN),
    rule(
        "password_sign_in_off",
        r"(?<!=)\boauth|modern auth|(?:use|only|require\w*) (?:\w+ )?xoauth|xoauth2? (?:is )?(?:required|only)",
        rf"(?:basic|legacy|password)(?:[- ]based)? (?:auth\w*|log-?in|sign-?in).{{0,20}}(?:{SWITCHED_OFF}|{BLOCKED})",
        r"basis-?auth|standardauthentifizierung|authentification de base|autenticación básica|"
        r"autenticazione di base|autenticação básica|uwierzytelniani\w+ podstawow|"
        r"базов\w+ (?:аутентиф|проверк)|基本(?:身份)?验证|基本認証|기본 인증",
        steps=LOGIN,
    ),
    rule("licence_missing", r"\blicen[sc]e", steps=LOGIN),
    rule(
        "too_many_connections",
        rf"(?:{MANY}|{LIMIT}) ?(?:(?!tentativ|intent|versuch|prób|попыт)\S+ ){{0,4}}\S{{0,6}}{CONNECTIONS}",
        rf"{CONNECTIONS}.{{0,12}}(?:{MANY}|{LIMIT}|{OVER})",
        steps=LOGIN,
    ),
    rule("throttled", r"throttl|sending rate", steps=LOGIN, protocol=SMTP),
    rule("account_restricted", SUSPECTED, steps=LOGIN),
    rule(
        "too_many_logins",
        r"login\.requesttoofast",
        rf"{MANY}.{{0,40}}(?:attempt|failure|login|log-in|log in|sign|auth|password|versuch|"
        r"anmeld|tentativ|intentos|inicios|acces|prób|попыт|登录|登陆|次)",
        r"(?:attempt|login|log in|sign-?in|auth|retr)\w*.{0,40}(?:limit|exceed|frequen|throttl)",
        r"(?:登录|登陆).{0,12}(?:频繁|频率|过多|限制)|ログイン.{0,12}(?:多すぎ|上限|超え)|"
        r"로그인.{0,12}(?:초과|많)",
        rf"{BLOCKED}\w*.{{0,30}}(?:temporar|for \d|until|minutes|try|vorübergehend|temporaire|"
        r"temporal|временно|\d+ ?(?:min|h\b|分|小时))",
        rf"(?:temporar|vorübergehend|temporaire|temporal|временно|暂时)\w*.{{0,30}}{BLOCKED}",
        steps=LOGIN,
    ),
    rule(
        "security_policy",
        rf"\b(?:your|this|the) (?:ip|address|country|location|network)\b.{{0,30}}(?:{BLOCKED}|not allowed|"
        r"not permitted|denied)",
        r"black-?list|block-?list|dnsbl|client host rejected|"
        r"(?:denied|refused|rejected|blocked|forbidden|not allowed) by (?:\w+ ){0,2}(?:policy|rule)",
        steps=LOGIN,
    ),
    rule(
        "account_restricted", r"(?:account|mailbox).{0,20}(?:been closed|under review)", steps=LOGIN
    ),
    rule("account_restricted", rf"^(?!.*logindisabled).*{ACCOUNT}.{{0,60}}{BLOCKED}", steps=LOGIN),
    rule("account_restricted", rf"{BLOCKED}\w*.{{0,40}}{ACCOUNT}", steps=LOGIN),
    rule("sending_limit", r"maximum credits exceeded", steps=LOGIN, protocol=SMTP),
    rule(
        "password_expired",
        r"password.{0,20}(?:has expired|is expired|must be changed|change required)|"
        r"(?:passwort|kennwort).{0,20}abgelaufen|mot de passe.{0,20}expiré|contraseña.{0,20}caducad|"
        r"password scaduta|пароль.{0,12}(?:истек|истёк|устарел)|密码.{0,6}过期",
        steps=LOGIN,
    ),
    # In IMAP [AUTHENTICATIONFAILED] goes first: *wrong, try again in 5 minutes* is wrong.
    rule("login_unavailable", LATER, steps=LOGIN, protocol=SMTP),
)

# -- sending ---------------------------------------------------------------------------------

# What speaks of limits too, and is about this message or this recipient. A 4xx is no bounce.
_FIRM = r"^(?!\W*4\d\d\b).*"
# A mailbox that sends too much is the sender's.
_NOT_SENDING = (
    r"(?!.*(?:\bsen[dt]\b|sending|outgoing|outbound|hour|daily|per day|\brate\b|relay|recipients))"
)
_OF_THE_MESSAGE = (
    rule("recipient_disabled", r"^\W*55\d.*\[#10\d\]", steps=SENDING, protocol=SMTP),
    rule(
        "recipient_busy",  # full, for now
        rf"^\W*4\d\d\b{_NOT_SENDING}.*{RECIPIENT}.{{0,40}}{FULL}",
        rf"^\W*4\d\d\b{_NOT_SENDING}.*{FULL}.{{0,40}}{RECIPIENT}",
        r"^\W*4\d\d[ -]4\.2\.2 .{0,40}over ?quota",
        rf"^\W*4\d\d\b{_NOT_SENDING}.*inbox.{{0,30}}{FULL}",
        steps=SENDING,
        protocol=SMTP,
    ),
    rule(
        "recipient_full",
        rf"{_FIRM}{RECIPIENT}.{{0,40}}{FULL}",
        rf"{_FIRM}(?:mailbox|inbox)(?: \w+){{0,4}} size limit",
        steps=SENDING,
        protocol=SMTP,
    ),
    rule(
        "message_refused",
        r"sendernotauthenticatedforgroup|delivery restriction|resolver\.rst\.notauthorized",
        r"too many (?:\w+ )?(?:attachment|header|line|part|mime)",
        steps=SENDING,
        protocol=SMTP,
    ),
    rule("message_refused", r"\bdmarc\b|\bspf\b|\bdkim\b", steps=SENDING, protocol=SMTP),
    rule(
        "message_too_large",
        rf"{_FIRM}(?:message|mail|attachment|file|data|content|header)s?\b.{{0,40}}(?:too (?:large|big|long)|"
        r"larger than|exceeds?.{0,40}size|size.{0,30}(?:exceed|limit|maximum)|size limit)",
        rf"{_FIRM}(?:size limit|maximum (?:message |mail |allowed )?size|\bmegabytes?\b|\d ?mb\b)",
        rf"{_FIRM}size of (?:\w+ )?(?:message|mail|attachment)\w*.{{0,20}}exceed",
        rf"{_FIRM}(?:größe|taille|dimension|tamaño|rozmiar|размер|大小|サイズ|크기).{{0,40}}"
        rf"(?:{OVER}|{LIMIT}|大き|너무)",
        rf"{_FIRM}(?:zbyt duż|zu groß|trop (?:volumineux|gros)|demasiado grande|troppo grande|слишком больш|过大|太大)",
        steps=SENDING,
        protocol=SMTP,
    ),
    rule(
        "mail_loop",
        r"too many (?:hops|received)|hop count|\bmail loop",
        steps=SENDING,
        protocol=SMTP,
    ),
    rule(
        "recipient_full",
        rf"{_FIRM}(?:over ?-?quota|disk quota|quota exceeded \(mailbox|exceeded storage|"
        r"(?:storage|disk|inbox).{0,30}(?:full|quota exceeded|limit exceeded)|"
        r"out of (?:storage|space)|insufficient (?:system )?storage)",
        rf"{_FIRM}{_NOT_SENDING}.*(?:mailbox.{{0,30}}(?:quota|limit|exceed)|user.{{0,30}}(?:quota exceeded|limit exceeded))",
        steps=SENDING,
        protocol=SMTP,
    ),
    rule(
        "recipient_busy",
        r"(?:recipient|user|mailbox|account you|contact).{0,40}receiving.{0,30}(?:too|rate|many|quickly)",
        steps=SENDING,
        protocol=SMTP,
    ),
)

_OF_THE_SENDER = (
    rule(
        "sending_blocked",
        r"(?:your|this(?= account)|the sending|sender(?:'s)?|outgoing|outbound|local) (?:e?-?mail |mail |smtp |user )?"
        rf"(?:account|mailbox|address|user|domain|mail|e-?mail|sending|sender).{{0,40}}{BLOCKED}",
        rf"(?:sending|outgoing|outbound|senden|versand|envoi|envío|invio|отправк|发送).{{0,30}}(?:paused|{BLOCKED})",
        r"bad outbound sender|access to (?:submit|send).{0,40}(?:rejected|denied|revoked)|account has been banned|outgoing blocked|"
        r"(?:account|user|you|mailbox).{0,20}not (?:allowed|permitted|authori[sz]ed) to send\b(?! (?:as|from|on behalf)\b)",
        steps=SENDING,
        protocol=SMTP,
    ),
    rule(
        "too_many_recipients",
        rf"(?:recipients\b|recipient (?:limit|count|rate)|rcpt).{{0,30}}(?:{LIMIT}|{OVER})",
        rf"(?:{LIMIT}|{MANY}).{{0,40}}(?:recipients?|empfänger|destinataires|destinatari|получател|收件人)",
        steps=SENDING,
        protocol=SMTP,
    ),
    rule(
        "too_many_connections",
        rf"(?:{MANY}|{LIMIT}) ?(?:(?!tentativ|intent|versuch|prób|попыт)\S+ ){{0,4}}\S{{0,6}}{CONNECTIONS}",
        rf"{CONNECTIONS}.{{0,12}}(?:{MANY}|{LIMIT}|{OVER})",
        steps=SENDING,
        protocol=SMTP,
    ),
    rule(
        "sending_limit",
        rf"{LIMIT}\w*.{{0,60}}{OVER}",
        rf"{OVER}\w*.{{0,60}}{LIMIT}",
        rf"{MANY}.{{0,40}}{MAILS}",
        rf"{MAILS}.{{0,40}}(?:{MANY}|{LIMIT}\w*.{{0,20}}{TIME}|{TIME}.{{0,20}}{LIMIT})",
        rf"{TIME}.{{0,30}}(?:{LIMIT}|{OVER})",
        r"发信频率|(?:일일|하루).{0,12}한도",
        r"frequen\w+ (?:is )?limited|over-?limit|rate[- ]?limit|ratelimit|throttl|flood|"
        r"sent? (?:too|more than)|slow down|sending rate",
        steps=SENDING,
        protocol=SMTP,
    ),
)

_RELAYING = (
    rule(
        "smtp_not_authenticated",
        r"\brelay(?:ing|ed)?\b.{0,80}(?:denied|not (?:allowed|permitted|authori[sz]ed|enabled|possible)|"
        r"prohibited|rejected|refused|forbidden|disallowed|disabled|restricted|authenticat)",
        r"(?:unable|not (?:allowed|permitted|authori[sz]ed|able)|cannot|can't|won't|do(?:es)? not|don't|"
        r"no|deny|denied|reject\w*|refus\w*|prohibit\w*|must authenticate|open) (?:\w+ ){0,3}"
        r"\brelay(?:ing|s)?\b",
        r"allowed rcpthosts|not a local (?:domain|recipient)|non-?local recipient|"
        r"not (?:one of )?(?:our|my) (?:local )?domains?",
        r"authenticat\w+ (?:is )?(?:required|needed|necessary)|must (?:first )?(?:authenticate|log ?in)|"
        r"(?:requires|need) (?:smtp )?auth|please (?:authenticate|log ?in)|not (?:logged|authenticated)|"
        r"(?:log ?in|authenticate|sign in) before|autenticação (?:é )?(?:necess|obrig|requer)|"
        r"autent[ií](?:quese|fique)|kimlik doğrulama|reenvío.{0,20}no |пересылка|中继|中継|릴레이|转发|轉寄|"
        r"need \w+ and auth|credentials for relay|delivery is not allowed to this address|"
        r"unauthenticated|without (?:authentication|logging)|log ?in first|smtp[- ]auth",
        r"(?:nicht angemeldet|anmeldung erforderlich|weiterleitung.{0,20}(?:nicht|verweigert)|"
        r"authentification (?:est )?(?:requise|nécessaire|obligatoire)|relais.{0,30}(?:refusé|interdit|non)|"
        r"requiere autenticaci|autenticación requerida|autenticazione (?:richiesta|necessaria)|"
        r"авторизаци|аутентификаци|пересылка.{0,30}(?:запрещ|отказ)|relay.{0,20}(?:nicht|non|nie|no)\b|wymagan\w+ (?:uwierzytelni|autoryzac|logowani)|"
        r"需要(?:身份)?验证|认证|認証(?:が必要|してください)|인증(?:이|을)? ?필요)",
        steps=SENDING,
        protocol=SMTP,
    ),
)

_NOT_THIS_SENDER = (
    rule(
        "sender_not_allowed",
        rf"^(?!.*(?:relay|to this (?:\w+ )?(?:recipient|group|list)|distribution|attachment|content|\d\.\d+\.\d+\.\d|\bhelo\b(?!.*from address))).*"
        rf"(?:{SENDER}.{{0,60}}{NOT_YOURS}|{NOT_YOURS}.{{0,40}}{SENDER})",
        r"(?:e-?mail address|identit\w+|domain) is not verified|not match a verified|not local sender",
        r"not (?:allowed|permitted|authori[sz]ed) to send (?:as|from|on behalf)",
        steps=SENDING,
        protocol=SMTP,
    ),
)

# Last of all: whoever else is at fault has been named by now.
_NOT_THE_SENDER = rf"^(?!\W*4\d\d\b)(?!.*(?:{SENDER}|password|credential|\byour (?:account|mailbox|address|domain|ip|server|isp)\b|\bhelo\b|\brdns\b|client host|blocked using|black-?list|block-?list|\brbl\b))"
_OF_THE_RECIPIENT = (
    rule(
        "recipient_disabled",
        rf"{_NOT_THE_SENDER}.*(?:{RECIPIENT}|user \S+@\S+).{{0,60}}(?:disabled|deactivat|inactive|not active|terminated|closed|suspend|"
        r"frozen|discontinued|deaktiviert|gesperrt|désactiv|desactivad|disabilitat|sospes|"
        r"nieaktywn|zablokowan|отключ|заблокирован|停用|冻结|凍結|비활성|정지)",
        rf"{_NOT_THE_SENDER}.*(?:disabled|deactivated|inactive|closed).{{0,20}}(?:recipient|mailbox)",
        steps=SENDING,
        protocol=SMTP,
    ),
    rule(
        "recipient_unknown",
        rf"{_NOT_THE_SENDER}.*(?:user|account|address|alias|{RECIPIENT}).{{0,40}}(?:not found|unknown|(?:does not|doesn't|not) exist|"
        r"unavailable|invalid|not known|no longer (?:valid|accept|exist)|unbekannt|existiert nicht|nicht gefunden|"
        r"inconnu|n'existe pas|desconocid|no existe|sconosciut|inesistent|non esiste|não existe|"
        r"nie istnieje|nieznan|не найден|не существ|неизвест|不存在|存在しません|見つかりません|"
        r"존재하지|찾을 수 없)",
        rf"{_NOT_THE_SENDER}.*(?:no such|unknown|invalid|non-?existent|nie ma takiego|no existe|存在しない|존재하지 않는) ?"
        rf"(?:\w+ )?(?:user|account|address|{RECIPIENT})",
        rf"{_NOT_THE_SENDER}.*(?:unrouteable|undeliverable) address",
        r"this user doesn't have|5\.4\.1 recipient address rejected",
        steps=SENDING,
        protocol=SMTP,
    ),
)

# -- filing a copy ---------------------------------------------------------------------------

_OF_OWN_MAILBOX = (
    rule(
        "mailbox_full",
        r"^(?!.*(?:bandwidth|upload|daily|per day|\brate\b)).*(?:\bquotas?\b|mailbox full|no space|"
        r"(?:mailbox|storage|disk|inbox|postfach).{0,30}(?:\bfull|exceed|exhaust)|not enough (?:\w+ )?space|"
        r"size limit exceeded|speicher\w*.{0,20}(?:voll|erschöpft|überschritten)|espace.{0,20}insuffisant|"
        r"espacio.{0,20}(?:agotad|insuficiente)|spazio.{0,20}(?:esaurit|insufficiente)|"
        r"容量.{0,12}(?:满|不足|超)|空间不足|용량.{0,8}(?:초과|부족))",
        rf"{RECIPIENT}.{{0,30}}{FULL}",
        steps=SENDING,
        protocol=IMAP,
    ),
)

#: The first match decides.
MEANINGS: tuple[Rule, ...] = (
    *_TLS_FIRST,
    *_BY_WEB,
    *_SIGNING_IN,
    *_OF_THE_MESSAGE,
    *_OF_THE_SENDER,
    *_NOT_THIS_SENDER,
    *_RELAYING,
    *_OF_THE_RECIPIENT,
    *_OF_OWN_MAILBOX,
)
