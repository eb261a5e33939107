"""Whose fault a refusal is, told by families of words in the languages that servers speak: a table.

These words outrank the numbers that say no more than *refused*: a provider answers ``550 5.7.1``
to a limit of the day, to a sender that is not logged in, and to a mail that nobody wants alike.
A family is a list of stems; what is written between two of them is bounded, so that no text takes
long to read.
"""

from __future__ import annotations

from .rules import IMAP, LOGIN, SENDING, SMTP, Rule, rule

# -- stems -----------------------------------------------------------------------------------

_LIMIT = (
    r"(?:limit|number of|volume|m[aáà]xim|quota|threshold|allowance|maximum|credits|rate\b|"
    r"l[ií]mite|kontingent|límite|лимит|ограничени|限制|上限|制限|limiet)"
)
_OVER = (
    r"(?:exceed|reached|surpass|exhaust|hit\b|used up|over (?:the|your)|above|"
    r"überschritten|erreicht|ausgeschöpft|atteint|dépass|alcanzad|superad|excedid|"
    r"raggiunt|atingid|przekrocz|overschreden|bereikt|превыш|исчерпан|достигнут|"
    r"超过|超出|达到|超え|aşıldı|too high)"
)
_TIME = r"(?:(?:per|an?|each|every|in (?:one|the last|\d+)) ?(?:second|minute|hour|day|24)|hourly|daily|24 ?h)"
_MANY = (
    r"(?:too many|too much|too fast|too quickly|too often|too frequent|zu viele|zu schnell|trop de|"
    r"demasiad[oa]s|tropp[ie]|muitas|muitos|te veel|zbyt wiele|слишком много|过多|过于频繁|频繁)"
)
_MAILS = (
    r"(?:messages?|e?-?mails?|sent|sending|send|submission|submit|nachrichten|envois?|courriels?|"
    r"correos?|mensajes?|messaggi|mensagens|berichten|wiadomości|писем|сообщений|发信|邮件|发送|送信)"
)
_BLOCKED = (
    r"(?:restrict|block|lock|suspend|disabled|deactivat|banned|frozen|inactive|terminated|on hold|"
    r"gesperrt|eingeschränkt|blockiert|deaktiviert|bloqué|suspendu|restreint|désactivé|verrouillé|"
    r"bloquead|suspendid|restringid|desactivad|bloccat|sospes|disabilitat|zablokowan|zawieszon|"
    r"geblokkeerd|geschorst|заблокирован|ограничен|приостановлен|冻结|锁定|封|停用|凍結|ロック)"
)
_ACCOUNT = (
    r"(?:пользовател|utilisateur|usuari|utente|benutzer|użytkown|gebruiker|account|mailbox|user|profile|access|sign-?in|konto|zugang|postfach|compte|accès|boîte|"
    r"cuenta|acceso|buzón|conto|casella|utenza|conta\b|acesso|konta|учетн|учётн|аккаунт|ящик|доступ|"
    r"用户|账号|帐号|账户|帐户|邮箱|アカウント)"
)
LATER = (
    r"(?:try again (?:later|in|after)|retry (?:later|in)|come back later|please wait|temporar|"
    r"unavailable|maintenance|being (?:moved|migrated|upgraded)|overload|\bbusy\b|in a (?:few|moment)|"
    r"at (?:this|the) (?:time|moment)|\bin use\b|internal (?:server )?error|system error|service not available|"
    r"später|vorübergehend|momentan|wartung|ultérieurement|plus tard|réessaye|momentanément|"
    r"más tarde|mantenimiento|più tardi|riprova|manutenzione|mais tarde|manutenção|"
    r"później|tymczasow|later opnieuw|tijdelijk|onderhoud|позже|временно|"
    r"稍后|系统繁忙|系統繁忙|暂时|しばらく|後ほど|daha sonra)"
)
_SUSPECTED = (
    r"(?:suspicious|unusual (?:sign|log|activit)|compromised|hacked|security (?:reason|check|alert|"
    r"block)|verify (?:your|that|it|you)|verification (?:is )?(?:required|needed)|confirm your|captcha|"
    r"unlock|abuse|verdächtig|sicherheitsgründen|bestätigen sie|suspect|raisons? de sécurité|"
    r"sospechos|seguridad|verifique|sospett|motivi di sicurezza|suspeit|podejrzan|verdacht|"
    r"подозрительн|взлом|подтвердите|безопасности|异常|安全|不正(?:アクセス|利用|ログイン))"
)

# -- the login -------------------------------------------------------------------------------

_SIGNING_IN = (
    rule(
        "app_password_needed",
        r"\b(?:app|application|device|client|external)[- ](?:specific )?password",
        r"parol prilozheniya|пароль (?:для )?(?:приложени|внешн)|app-?passwort|"
        r"anwendungs(?:spezifische[sn]? )?passwort|mot de passe (?:d'application|spécifique)|"
        r"contraseña (?:de|específica de) (?:la )?aplicaci|password (?:per|specifica per) (?:le )?app|"
        r"senha de (?:app|aplicativo)|アプリ(?:ケーション)?パスワード",
        steps=LOGIN,
    ),
    rule("authorization_code_needed", r"authori[sz]ation code|授权码", steps=LOGIN),
    rule(
        "imap_disabled",
        r"(?<!or )\b(?:pop3?/)?imap4?(?![a-z0-9]).{0,40}(?:disabled|not (?:enabled|allowed|permitted|activated|"
        r"available|included)|switched off|turned off|deactivat|deaktiviert|nicht (?:aktiv|freig)|"
        r"désactiv|desactivad|disabilitat|отключен|не включен|未开启|未开通)",
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
    rule("password_sign_in_off", r"(?<!=)\boauth", steps=LOGIN),
    rule("licence_missing", r"\blicen[sc]e", steps=LOGIN),
    rule(
        "too_many_connections",
        rf"(?:{_MANY}|{_LIMIT}).{{0,30}}(?:connection|session)s?\b",
        steps=LOGIN,
    ),
    rule("account_restricted", _SUSPECTED, steps=LOGIN),
    rule(
        "too_many_logins",
        rf"{_MANY}.{{0,40}}(?:attempt|failure|login|log-in|log in|sign|auth|password|versuch|"
        r"anmeld|tentativ|intentos|inicios|acces|prób|попыт|登录|登陆|次)",
        r"(?:attempt|login|log in|sign-?in|auth|retr)\w*.{0,40}(?:limit|exceed|frequen|throttl)",
        r"(?:登录|登陆).{0,12}(?:频繁|过多|限制)",
        rf"{_BLOCKED}\w*.{{0,30}}(?:temporar|for \d|until|minutes|try|vorübergehend|temporaire|"
        r"temporal|временно|\d+ ?(?:min|h\b|分|小时))",
        rf"(?:temporar|vorübergehend|temporaire|temporal|временно|暂时)\w*.{{0,30}}{_BLOCKED}",
        steps=LOGIN,
    ),
    rule(
        "security_policy",
        rf"\b(?:your|this|the) (?:ip|address|country|location|network)\b.{{0,30}}(?:{_BLOCKED}|not allowed|"
        r"not permitted|denied)",
        r"(?:denied|refused|rejected|blocked|forbidden|not allowed) by (?:\w+ ){0,2}(?:policy|rule)",
        steps=LOGIN,
    ),
    rule(
        "account_restricted", r"(?:account|mailbox).{0,20}(?:been closed|under review)", steps=LOGIN
    ),
    rule(
        "account_restricted", rf"^(?!.*logindisabled).*{_ACCOUNT}.{{0,60}}{_BLOCKED}", steps=LOGIN
    ),
    rule("account_restricted", rf"{_BLOCKED}\w*.{{0,40}}{_ACCOUNT}", steps=LOGIN),
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
_OF_THE_MESSAGE = (
    rule("message_refused", r"\bdmarc\b|\bspf\b|\bdkim\b", steps=SENDING, protocol=SMTP),
    rule(
        "message_too_large",
        rf"{_FIRM}(?:message|mail|attachment|file|data|content|header)s?\b.{{0,40}}(?:too (?:large|big|long)|"
        r"larger than|exceeds?.{0,40}size|size.{0,30}(?:exceed|limit|maximum)|size limit)",
        rf"{_FIRM}(?:size limit|maximum (?:message |mail |allowed )?size|\bmegabytes?\b|\d ?mb\b)",
        rf"{_FIRM}(?:zu groß|trop (?:volumineux|gros)|demasiado grande|troppo grande|слишком больш|过大|太大)",
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
        rf"{_FIRM}(?:over ?-?quota|disk quota|mail(?:box)? quota exceeded|quota exceeded \(mailbox|exceeded storage|mailbox.{{0,30}}(?:full|"
        r"quota|limit|exceed)|(?:storage|disk|user|recipient|inbox).{0,30}(?:full|quota exceeded|"
        r"over quota|limit exceeded)|out of (?:storage|space)|insufficient (?:system )?storage)",
        rf"{_FIRM}(?:postfach.{{0,20}}voll|boîte.{{0,20}}pleine|buzón.{{0,20}}lleno|casella.{{0,20}}piena|"
        r"ящик.{0,20}переполнен|邮箱.{0,6}(?:已满|满))",
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
        rf"(?:account|mailbox|address|user|domain|mail|e-?mail|sending|sender).{{0,40}}{_BLOCKED}",
        rf"(?:sending|outgoing|outbound|senden|versand|envoi|envío|invio|отправк|发送).{{0,30}}(?:paused|{_BLOCKED})",
        r"bad outbound sender|access to (?:submit|send).{0,40}(?:rejected|denied|revoked)|account has been banned|outgoing blocked|"
        r"(?:account|user|you|mailbox).{0,20}not (?:allowed|permitted|authori[sz]ed) to send\b(?! as)",
        steps=SENDING,
        protocol=SMTP,
    ),
    rule(
        "too_many_recipients",
        rf"(?:recipients\b|recipient (?:limit|count|rate)|rcpt).{{0,30}}(?:{_LIMIT}|{_OVER})",
        rf"(?:{_LIMIT}|{_MANY}).{{0,40}}(?:recipients?|empfänger|destinataires|destinatari|получател|收件人)",
        steps=SENDING,
        protocol=SMTP,
    ),
    rule(
        "too_many_connections",
        rf"(?:{_MANY}|{_LIMIT}).{{0,30}}(?:connections?|sessions?)",
        steps=SENDING,
        protocol=SMTP,
    ),
    rule(
        "sending_limit",
        rf"{_LIMIT}\w*.{{0,60}}{_OVER}",
        rf"{_OVER}\w*.{{0,60}}{_LIMIT}",
        rf"{_MANY}.{{0,40}}{_MAILS}",
        rf"{_MAILS}.{{0,40}}(?:{_MANY}|{_LIMIT}\w*.{{0,20}}{_TIME}|{_TIME}.{{0,20}}{_LIMIT})",
        rf"{_TIME}.{{0,30}}(?:{_LIMIT}|{_OVER})",
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
        r"unauthenticated|without (?:authentication|logging)|log ?in first|smtp[- ]auth",
        r"(?:nicht angemeldet|anmeldung erforderlich|weiterleitung.{0,20}(?:nicht|verweigert)|"
        r"authentification (?:est )?(?:requise|nécessaire|obligatoire)|relais.{0,30}(?:refusé|interdit|non)|"
        r"requiere autenticaci|autenticación requerida|autenticazione (?:richiesta|necessaria)|"
        r"авторизаци|аутентификаци|пересылка.{0,30}(?:запрещ|отказ)|需要(?:身份)?验证|认证)",
        steps=SENDING,
        protocol=SMTP,
    ),
)

#: The first match decides.
MEANINGS: tuple[Rule, ...] = (*_SIGNING_IN, *_OF_THE_MESSAGE, *_OF_THE_SENDER, *_RELAYING)
