"""Say in German that something is not known; the package says how to read this."""

from __future__ import annotations

# Up to so many words between two parts of a frame.
_G = r"(?:\S+ ){0,4}?"
_G2 = r"(?:\S+ ){0,2}?"
_INFO = (
    r"(?:information(?:en)?|infos?|angaben?|daten|kenntniss?e?|wissen|hinweise?|belege?"
    r"|aufzeichnungen|quellen?|unterlagen|details?|anhaltspunkte?|eintr[aä]ge?|antwort(?:en)?"
    r"|einzelheiten|nachweise?|erkenntnisse?|ahnung|schimmer|plan|idee|vorstellung|material"
    r"|auskunft|überlieferung|erinnerung|datengrundlage|grundlage)\b"
)
_NO = (
    r"(?:kein(?:e[rnms]?|erlei|en blassen)?|nicht (?:genug|genügend|ausreichend\w*|viele?)"
    r"|zu wenige?|ungenügend\w*|unzureichend\w*|nichts|keinen zugriff|kaum)"
)
_VERB = (
    r"(?:sagen|beantworten|feststellen|bestimmen|finden|geben|machen|ermitteln|bestätigen"
    r"|nennen|angeben|helfen|antworten|mitteilen|beurteilen|herausfinden|ausmachen"
    r"|verifizieren|wissen|liefern|weiterhelfen|erkennen|ableiten|schliessen|identifizieren"
    r"|zuordnen|erinnern|erteilen|entnehmen|klären|belegen|nachweisen|berechnen|entscheiden"
    r"|dienen|eingehen|einschätzen|benennen|überprüfen|rekonstruieren|in erfahrung bringen)\b"
)
_DONE = (
    r"(?:beantwortet|bestimmt|festgestellt|ermittelt|gesagt|geklärt|gefunden|beurteilt"
    r"|berechnet|entschieden|identifiziert|bestätigt|nachgewiesen|abgeleitet|herausgefunden)"
)
_KNOWN = (
    r"(?:bekannt|klar|sicher|möglich|angegeben|erwähnt|dokumentiert|überliefert|verfügbar"
    r"|feststellbar|bestimmbar|beantwortbar|ermittelbar|geläufig|vorhanden|genannt|gesichert"
    rf"|auffindbar|enthalten|geklärt|ersichtlich|ausreichend|erfasst|belegt|zu {_VERB}"
    r"|bestimmt|gewiss|vermerkt|verzeichnet|eindeutig)"
)
_REST = (
    r"(?: (?:um|zu[mr]?|in|im|aus|anhand|bis|auf|für|ohne|mit|da|weil|von|nach|heute|hier)\b"
    r".*)?$"
)
_SELF = r"(?:ich|mir|uns)"
_TEXT = (
    r"\b(?:text|artikel|abschnitt|absatz|dokument|passage|quelle|kontext|aufgabe|frage|auszug"
    r"|textstelle|angaben|daten|informationen|beitrag|vorlage|unterlagen|autor|geschichte)"
)
# Without one of these words (or beginnings, or ends) no pattern can be there.
HINTS = (
    "fehlanzeige nicht nichts kein* nie niemals un* niemand weiss wüsste fehl* wenig* überfragt rat"
    "los "
    "raus passen raten entzieht übersteigt ausserhalb rätsel schwer wer k bräuchte brauch* "
    "benötig* müsste kaum fragst"
)
SEARCHED = (
    rf"\b(?:ich (?:weiss|wüsste)|(?:weiss|wüsste) ich) {_G}(?:nicht|nichts|{_NO} {_G2}{_INFO})",
    r"^(?:weiss|wüsste) (?:ich )?(?:\S+ ){0,2}?nicht\b|\bwüsste ich (?:auch )?gerne?$",
    rf"\b{_NO} (?:blasse[nr]? )?(?:ahnung|schimmer|idee|plan)\b|\bbin ich (?:leider )?(?:über"
    r"fragt|raus|ratlos)|\bich bin (?:leider |da )*(?:überfragt|ratlos)"
    r"|\bmuss ich (?:leider |da )*passen\b|\bsagt mir (?:leider )?nichts\b",
    rf"\b(?:ich|wir|mir) (?:kann|könnte|konnte|vermag|können|darf|würde|habe) {_G}(?:{_NO}"
    rf"|nicht|nichts) {_G}(?:zu )?(?:{_VERB}|gefunden\b)",
    rf"\b(?:kann|könnte|konnte|vermag|können|habe) (?:ich|wir) {_G}(?:{_NO}|nicht|nichts)"
    rf" {_G}(?:zu )?(?:{_VERB}|gefunden\b)",
    rf"\b(?:ich|mir|wir|uns) (?:habe|hab|haben|besitze|verfüge|liegt|liegen|fehlen|fehlt) {_G}"
    rf"(?:über )?(?:{_NO} {_G2})?{_INFO}(?<!habe information)",
    rf"\b(?:habe|hab|besitze|verfüge|liegt|liegen|fehlen|fehlt) {_SELF} {_G}(?:{_NO}) {_G2}{_INFO}"
    rf"|\b(?:fehlen|fehlt) {_SELF} {_G}{_INFO}",
    r"\b(?:liegt|liegen|gibt es|es gibt|gab es|existier\w+|finden sich|bestehen|fehlen|ist"
    r"|sind"
    rf"|wurden?|werden) {_G}{_NO} {_G2}{_INFO}|\b(?:es )?(?:fehlen|fehlt es) {_G}{_INFO}",
    rf"\b{_NO} {_G2}{_INFO} (?:\S+ ){{0,3}}?(?:vor|vorhanden|verfügbar|gefunden|bekannt|enthalten"
    r"|möglich)\b",
    rf"\b(?:ich bin|bin ich) {_G}(?:nicht {_G2}|un)(?:sicher|im klaren|vertraut|in der lage"
    r"|imstande|fähig|bekannt|informiert)\b",
    rf"\b(?:ist|sind|war|waren|bleibt|bleiben|wurde|wäre|scheint) {_G}(?:nicht {_G2}|nichts"
    rf" {_G2}|un){_KNOWN}{_REST}",
    rf"\b(?:ist|sind|bleibt|war) {_G}(?:ungewiss|unklar|ein rätsel|unzureichend|ungenügend)"
    rf"{_REST}",
    rf"\b(?:lässt|lassen|liess) {_G2}sich {_G}nicht {_G}{_VERB}",
    rf"\bgeht {_G}(?:nicht|nichts) {_G}hervor\b",
    rf"\b(?:steht|findet sich|stehen) {_G}(?:nicht|nichts) {_G}(?:im|in|da)\b",
    rf"{_TEXT} (?:enthält|nennt|gibt|macht|erwähnt|sagt|liefert|bietet|erlaubt|verrät|erklärt"
    rf"|reichen|reicht|enthalten|geben|lassen|äussert) {_G}(?:{_NO}|nicht|nichts)\b",
    r"\bman (?:weiss|kann) (?:es |das |dazu |darüber )?(?:leider )?nicht(?:s)?\b"
    r"|\bweiss man (?:leider )?nicht\b|\b(?:das )?weiss (?:niemand|keiner)$"
    r"|\b(?:niemand|keiner) weiss (?:es|das)(?: genau)?$",
    rf"\b(?:kann|können|konnte|konnten) {_G}(?:nicht|kein\w*) {_G}{_DONE} werden\b",
    rf"\bunmöglich\b {_G}(?:zu )?{_VERB}|\bentzieht sich (?:leider )?meiner kenntnis"
    r"|\b(?:ausserhalb|übersteigt) (?:\S+ )?(?:meine[sr]?|was ich)\b",
    r"\b(?:kenne ich|ich kenne) (?:\S+ ){0,4}?nicht\b|\b(?:habe ich|ich habe) (?:\S+ ){0,3}?"
    r"(?:noch )?nie(?:mals)? (?:\S+ ){0,3}?(?:gehört|gesehen|gelesen)",
    r"\b(?:ich müsste|müsste ich) (?:da )?raten\b|\bda fragst du (?:mich|den falschen)",
    r"\bmeine? (?:\S+ )?(?:wissen|kenntnisse|kenntnisstand|informationen|daten"
    rf"|datenstand) {_G}(?:nicht|kein\w*)\b",
    rf"\b(?:dass|da|weil) (?:ich|mir|uns) {_G}(?:(?:nicht|nichts|{_NO} {_G2}{_INFO}) {_G}(?:weiss"
    r"|kenne|kann|habe|vorliegen"
    r"|vorliegt|bekannt|sicher|möglich)|unbekannt)",
    rf"\b(?:kann man|man kann) {_G2}nicht (?!oft|genug|umhin|anders|leugnen){_G}{_VERB}",
    rf"\b(?:habe ich|ich habe|hab ich) {_G}kein\w* {_G2}(?:zugriff|zugang|möglichkeit|weg)\b",
    r"\b(?:bräuchte ich|ich bräuchte|brauche ich|ich brauche|benötige ich|ich benötige"
    r"|ich müsste) (?:\S+ ){0,3}?(?:mehr|weitere\w*"
    r"|genauere\w*|zusätzliche\w*|näher\w*)\b",
    rf"\b(?:stehen|steht) (?:mir|uns) {_G}nicht (?:zur verfügung|offen)\b"
    rf"|\bwird {_G}nicht {_G2}(?:klar|deutlich|ersichtlich|genannt"
    rf"|erwähnt)\b|\b(?:taucht|erscheint|kommt|findet sich) {_G}in kein\w*\b",
    r"\b(?:wurde|ist|konnte) (?:\S+ ){0,3}?nie(?:mals)? (?:\S+ ){0,2}?(?:geklärt|bekannt|ermittelt"
    r"|aufgeklärt|festgestellt|veröffentlicht)"
    r"|\b(?:bis heute|nach wie vor|noch immer|weiterhin) (?:\S+ )?un(?:geklärt|bekannt|klar"
    r"|gelöst)",
    rf"\bfällt {_G}(?:nichts|niemand|keine?r?) {_G}ein\b|\b(?:text|artikel|abschnitt|dokument"
    r"|quelle|auszug)\b (?:\S+ ){0,2}?(?:steht|stehen|findet"
    rf" sich|finden sich|wird|werden|ist) {_G}(?:nicht|nichts|kein\w*)\b",
    r"\b(?:sagt|enthält|nennt|erwähnt|verrät|gibt|macht) (?:der|die|das|dieser|diese) (?:text"
    rf"|artikel|abschnitt|quelle|auszug|autor) {_G}"
    r"(?:nicht|nichts|kein\w*)\b|\b(?:eine?n? )?(?:solche\w*|derartige\w*) (?:\S+ )?(?:gibt es"
    r"|existiert|gab es) (?:\S+ )?nicht\b|^fehlanzeige$",
)
WHOLE = (
    r"unbekannt|nicht bekannt|kein(?:e|erlei) angaben?(?: .{0,80})?|k\. ?a|(?:nicht |un)"
    rf"beantwortbar|nicht bestimmbar|{_NO} {_G2}{_INFO}(?: (?:zu[mr]?|über|vorhanden|verfügbar"
    r"|gefunden|für|in|im|um|auf)\b.{0,80})?|ungewiss|unklar|nicht (?:angegeben|verfügbar"
    r"|ermittelbar|feststellbar|zu (?:ermitteln|bestimmen|beantworten|sagen)|möglich|vorhanden"
    r"|genannt|erwähnt)(?: .{0,60})?|weiss nicht|schwer zu sagen|nicht sicher"
    r"|wer weiss|nicht dass ich wüsste|keine auskunft"
)
