"""Whether a reply needs to know the time. Owns no clock and resolves no times (`runtime.times` does).

The line that tells the time takes some twenty tokens, half of what is read for a short request, and a request without
it is read only once for routing and for the reply.
"""

from __future__ import annotations

import re
from datetime import datetime

from runtime.times import find_when

_TIMELY = re.compile(
    r"\b(?:time|clock|o'clock|date|dates|day|days|today\w*|tonight|tomorrow\w*|yesterday\w*|now|nowadays|current\w*|latest"
    r"|week\w*|month\w*|years?|yearly|hours?|minutes?|season|spring|summer|autumn|winter|morning|noon|afternoon|evening"
    r"|night|midnight|when|until|till|since|ago|recent\w*|soon|how\s+(?:old|long|late|far)|age|born|birthdays?|anniversar\w+|holidays?"
    r"|christmas|easter|deadline|due|expire\w*|calendar|schedule\w*"
    r"|zeit|uhr\w*|datum|tag\w*|heut\w*|morgen\w*|gestern|jetzt|aktuell\w*|woche\w*|monat\w*|jahr\w*|stunde\w*|minute\w*"
    r"|wann|wie\s+(?:alt|lange)|alter|geboren|geburtstag\w*|abend\w*|nacht|mittag\w*|bald|frist\w*|kalender|ferien|feiertag\w*|bis|seit"
    r"|temps|heure\w*|jours?|aujourd\W?hui|demain|hier|maintenant|actuel\w*|semaines?|mois|ans|annees?|années?|quand"
    r"|soir\w*|matin\w*|nuit|midi|age|âge|anniversaire|date|bientot|bientôt|depuis|calendrier|echeance|échéance"
    r"|tiempo|hora\w*|fecha\w*|d[ií]as?|hoy|manana|mañana|ayer|ahora|actual\w*|semanas?|mes|meses|anos?|años?|cu[aá]ndo"
    r"|tarde|noche|mediod[ií]a|edad|cumpleanos|cumpleaños|pronto|desde|calendario|plazo)\b"
    r"|[时点]间|几点|几[号月日岁]|现在|目前|当前|今[天晚年早]|明[天晚年早]|昨[天晚]|后天|前天|日期|日子|星期|礼拜|[上下本每]?周|月|年|小时|分钟"
    r"|什么时候|何时|多久|多大|早上|上午|中午|下午|晚上|夜里|生日|节日|季节|最近|刚才|之前|以前|到期|期限|日历",
    re.IGNORECASE,
)


def needs_the_time(request: str, now: datetime) -> bool:
    """Whether `request` speaks of time at all; in doubt it does."""
    return bool(_TIMELY.search(request)) or find_when(request, now) is not None
