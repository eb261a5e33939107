"""Words for one thing in the languages that servers speak, as parts of patterns: a table.

Stems, in lower case; none holds a repetition without a bound.
"""

from __future__ import annotations

LIMIT = (
    r"(?:limit|number of|volume|m[aáà]xim|quota|threshold|allowance|maximum|credits|rate\b|massim|numero|количеств|数量|한도|횟수|수를|sınır|gräns|"
    r"l[ií]mite|kontingent|límite|лимит|ограничени|限制|上限|制限|limiet)"
)
OVER = (
    r"(?:exceed|reached|surpass|exhaust|hit\b|used up|over (?:the|your)|above|"
    r"überschritten|erreicht|ausgeschöpft|atteint|dépass|alcanzad|superad|excedid|"
    r"raggiunt|atingid|przekrocz|overschreden|bereikt|превыш|исчерпан|достигнут|"
    r"superat|esaurit|已达|超过|超出|达到|超え|超過|達し|초과|wyczerpan|aşıldı|too high)"
)
TIME = r"(?:(?:per|an?|each|every|in (?:one|the last|\d+)) ?(?:second|minute|hour|day|24)|hourly|daily|24 ?h)"
MANY = (
    r"(?:too many|too much|too ?fast|too quickly|too often|too frequent|zu viele|zu schnell|trop de|"
    r"demasiad[oa]s|tropp[ie]|muitas|muitos|te veel|zbyt wiele|för många|çok fazla|слишком много|过多|过于频繁|频繁|频率过高|多すぎ|너무 많)"
)
MAILS = (
    r"(?:messages?|e?-?mails?|sent|sending|send|submission|submit|nachrichten|envois?|courriels?|"
    r"correos?|mensajes?|messaggi|mensagens|berichten|wiadomości|писем|сообщений|发信|邮件|发送|送信|발송|발신|meddeland|ileti)"
)
BLOCKED = (
    r"(?<![@.])(?<![@.]b)(?:restrict|block|lock|suspend|disabled|deactivat|banned|frozen|inactive|terminated|on hold|"
    r"gesperrt|eingeschränkt|blockiert|deaktiviert|bloqué|suspendu|restreint|désactivé|verrouillé|"
    r"bloquead|suspendid|restringid|desactivad|bloccat|sospes|disabilitat|zablokowan|zawieszon|"
    r"geblokkeerd|geschorst|заблокирован|ограничен|приостановлен|冻结|锁定|封|停用|凍結|ロック|정지|잠겼|잠금|차단)"
)
ACCOUNT = (
    r"(?:пользовател|utilisateur|usuari|utente|benutzer|użytkown|gebruiker|account|mailbox|user|profile|access|sign-?in|konto|zugang|postfach|compte|accès|boîte|"
    r"cuenta|acceso|buzón|conto|casella|utenza|conta\b|acesso|konta|учетн|учётн|аккаунт|ящик|доступ|"
    r"用户|账号|帐号|账户|帐户|邮箱|アカウント|계정)"
)
LATER = (
    r"(?:try again (?:later|in|after)|retry (?:later|in)|come back later|please wait|temporar|"
    r"unavailable|maintenance|being (?:moved|migrated|upgraded)|overload|\bbusy\b|in a (?:few|moment)|"
    r"not responding|no longer responding|shutting down|going down|out of memory|"
    r"(?:unable to|failed to|can't|cannot|could not|couldn't) (?:connect|process|contact|reach|open|lock|"
    r"allocate|access)|"
    r"(?:server|system|database|back-?end|ldap|service|internal|daemon|lookup)\w* (?:\w+ )?"
    r"(?:error|fault|fail\w*|down\b|not (?:reachable|available)|timeout|timed out)|"
    r"(?:server|system)fehler|interner fehler|nicht (?:verfügbar|erreichbar)|in einigen minuten|"
    r"erreur (?:interne|système|du serveur)|error (?:interno|del s)|errore (?:interno|del s)|"
    r"erro (?:interno|do s)|błąd (?:serwera|wewnętrzny|systemu)|(?:внутренняя ошибка|ошибка сервера)|"
    r"服务器.{0,4}错误|サーバー?.{0,4}エラー|システムエラー|서버 ?오류|시스템 ?오류|繁忙|non disponible|"
    r"não disponível|unos minutos|qualche minuto|quelques minutes|"
    r"offline|system failure|i/o error|fatal error|internal login failure|connection lost to|"
    r"at (?:this|the) (?:time|moment)|\bin use\b|internal (?:server )?error|system error|service not available|"
    r"später|vorübergehend|momentan|wartung|ultérieurement|plus tard|réessaye|momentanément|"
    r"más tarde|mantenimiento|più tardi|riprova|manutenzione|mais tarde|manutenção|"
    r"później|tymczasow|later opnieuw|tijdelijk|onderhoud|позже|временно|"
    r"temporairement|indisponible|temporalmente|no disponible|temporaneamente|non disponibile|"
    r"chwilowo|niedostępn|недоступ|メンテナンス|一時的|混雑|점검|일시적|혼잡|"
    r"稍后|系统繁忙|系統繁忙|暂时|しばらく|後ほど|daha sonra)"
)
SUSPECTED = (
    r"(?:suspicious|unusual (?:sign|log|activit)|compromised|hacked|security (?:reason|check|alert|"
    r"block)|verify (?:your|that|it|you)|verification (?:is )?(?:required|needed)|confirm your|captcha|"
    r"unlock|abuse|verdächtig|sicherheitsgründen|bestätigen sie|suspect|raisons? de sécurité|"
    r"sospechos|seguridad|verifique|sospett|motivi di sicurezza|suspeit|podejrzan|verdacht|"
    r"подозрительн|взлом|подтвердите|безопасности|异常|安全|不正(?:アクセス|利用|ログイン))"
)


SWITCHED_OFF = (
    r"(?:disabled|not (?:\w+ )?(?:enabled|allowed|permitted|activated|available|included|supported)|"
    r"no longer|switched off|turned off|deactivat|deprecated|retired|denied|"
    r"deaktiviert|abgeschaltet|nicht (?:mehr|aktiv|freig|erlaubt)|désactiv|pas (?:été )?activ|"
    r"desactivad|deshabilitad|no (?:está )?habilitad|disabilitat|disattivat|non (?:è )?(?:abilitat|attiv)|"
    r"desativad|uitgeschakeld|wyłączon|nieaktywn|отключ|выключен|не включен|запрещ|"
    r"未开启|未开通|已?关闭|禁用|無効|사용 ?안 ?함|비활성|꺼져)"
)
ENCRYPTED = (
    r"(?:(?<![a-z])ssl(?![a-z])|(?<![a-z])(?:start)?tls(?![a-z])|\bencrypt(?:ion|ed)\b|secured? (?:connection|channel)|"
    r"verschlüssel|connexion (?:sécurisée|chiffrée)|conexión (?:segura|cifrada)|cifrat|crittograf|"
    r"conexão segura|szyfrowan|шифрован|защищ[её]нн|加密|暗号化|암호화|보안 연결)"
)
NEEDED = (
    r"(?:\brequire[ds]?\b|\bneed(?:ed|s)?\b|\bmust\b|\bmandatory\b|\bonly\b|please use|erforderlich|notwendig|"
    r"benötigt|requise?\b|nécessaire|obligatoire|requiere|necesari|obligatori|richiest|necessari|"
    r"exigid|wymagan|требуется|необходим|请使用|必须|需要|必要|必須|필요)"
)
CONNECTIONS = (
    r"(?:connections?\b|sessions?\b|verbindungen|sitzungen|connexions|conexiones|conexões|connessioni|"
    r"sessioni|połącze|sesji|подключени|соединени|сессий|连接|会话|接続|접속|연결)"
)
RECIPIENT = (
    r"(?:recipient|mailbox|empfänger|postfach|destinat[aá]ri|destinataire|boîte|buzón|casella|utente|"
    r"usuario|odbiorc|skrzynk|u[zż]ytkownik|получател|ящик|пользовател|收件人|用户|宛先|受信者|"
    r"받는 ?사람|수신자|사용자)"
)
SENDER = (
    r"(?:\bsender\b|\bfrom:|\bfrom[- ](?:adress|address|header)|mail from\b|\babsender|"
    r"exp[ée]diteur|remitente|mittente|remetente|nadawc|отправител|发件人|寄件人|差出人|送信者|"
    r"발신자|보낸 ?사람|보내는 ?사람)"
)
NOT_YOURS = (
    r"(?:not (?:be )?(?:allowed|authori[sz]ed|permitted|owned|(?:a )?verified|one of|yours)|"
    r"unauthori[sz]ed|(?:does|do)(?: not|n't) (?:match|belong|own)|must (?:be|match|equal)|"
    r"mismatch|nicht (?:erlaubt|zugelassen|berechtigt|gestattet)|gehört nicht|"
    r"(?:non|pas) autoris|no (?:está )?(?:autorizad|permitid)|non (?:è )?(?:autorizzat|consentit)|"
    r"não (?:é )?(?:autorizad|permitid)|nie należy|niedozwolon|не принадлеж|не разреш|"
    r"不允许|不一致|不符|許可されていません|一致しません|허용되지|일치하지)"
)
FULL = (
    r"(?:\bfull\b|over ?-?quota|quota exceeded|exceed\w* (?:\w+ )?(?:storage|quota)|out of (?:storage|space)|"
    r"\bvoll\b|pleine?\b|llen[oa]\b|pien[ao]\b|cheia\b|przepełnion|pełn|переполн|已满|一杯|いっぱい|"
    r"가득)"
)
#: *Try again*, with no word about when: also said of a password that was mistyped.
AGAIN = (
    r"try again|erneut|tente novamente|opnieuw|reintent|riprov|spróbuj|попробуйте|再试|다시 시도"
)
CREDENTIALS = (
    r"(?:passwor[dt]|kennwort|mot de passe|contraseña|senha|hasł|парол|wachtwoord|heslo|lösenord|"
    r"credential|identifiant|密码|パスワード|비밀번호)"
)
