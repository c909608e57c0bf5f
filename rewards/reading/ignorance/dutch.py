"""Say in Dutch that something is not known; the package says how to read this."""

from __future__ import annotations

# Up to so many words between two parts of a frame.
_G = r"(?:\S+ ){0,4}?"
_G2 = r"(?:\S+ ){0,2}?"
_INFO = (
    r"(?:informatie|info|gegevens|data|kennis|details?|bewijs|bronnen?|aanwijzing(?:en)?"
    r"|antwoord|idee|benul|verslag(?:en)?|documentatie|vermelding(?:en)?|aanknopingspunten"
    r"|resultaten|feiten|weet|notie|registratie|herinnering|archieven|context)\b"
)
_NO = r"(?:geen(?: enkele?)?|niet (?:genoeg|voldoende)|onvoldoende|te weinig|niets)"
_VERB = (
    r"(?:zeggen|beantwoorden|vaststellen|bepalen|vinden|geven|achterhalen|bevestigen|noemen"
    r"|helpen|antwoorden|vertellen|beoordelen|uitmaken|weten|leveren|afleiden|opmaken|nagaan"
    r"|herinneren|identificeren|verifiëren|thuisbrengen|mededelen|berekenen|concluderen"
    r"|verstrekken|bieden|raden|inschatten|plaatsen)\b"
)
_DONE = (
    r"(?:beantwoord|bepaald|vastgesteld|gezegd|gevonden|achterhaald|bevestigd|berekend"
    r"|afgeleid|beoordeeld|opgemaakt)"
)
_KNOWN = (
    r"(?:vast te stellen|op te maken|bekend|duidelijk|zeker|mogelijk|vermeld|gedocumenteerd"
    rf"|beschikbaar|te {_VERB}|genoemd"
    r"|opgenomen|voldoende|overgeleverd|vastgelegd|aangegeven|gegeven|beantwoordbaar"
    r"|terug te vinden|aanwezig)"
)
_REST = r"(?: (?:om|op|in|uit|aan|tot|voor|zonder|met|omdat|van|hier|bij|binnen|door|te)\b.*)?$"
_TEXT = (
    r"\b(?:tekst|artikel|passage|document|bron|context|vraag|alinea|fragment|verhaal|auteur"
    r"|opgave|oefening"
    r"|gegevens|informatie|paragraaf|stuk)"
)
# Without one of these words (or beginnings, or ends) no pattern can be there.
HINTS = (
    "ontbreken ontbreekt mis niet niets nooit geen on* niemand weinig joost schuldig raadsel onmoge"
    "lijk moeilijk "
    "lastig gaat valt ligt boven ontgaat nodig wie n weet nergens raden"
)
SEARCHED = (
    rf"\b(?:ik (?:weet|zou)|(?:weet|zou) ik) {_G}(?:niet|niets|{_NO} {_G2}{_INFO})(?: weten)?\b",
    r"^weet (?:ik )?(?:\S+ ){0,2}?niet\b|\bgeen (?:flauw |enkel )?(?:idee|benul)\b|\bjoost mag"
    r" het weten\b|\bmoet ik (?:helaas )?(?:je |u )?(?:het antwoord )?schuldig blijven",
    rf"\b(?:ik|we) (?:kan|kon|kunnen|konden|mag) {_G}(?:{_NO}|niet|niets) {_G}{_VERB}"
    rf"|\b(?:kan|kon|kunnen) (?:ik|we) {_G}(?:{_NO}|niet|niets) {_G}{_VERB}",
    rf"\b(?:ik (?:heb|beschik|bezit|mis)|(?:heb|beschik|bezit|mis) ik) {_G}(?:(?:{_NO}|niet over"
    rf"|niet) {_G}{_INFO}|nooit {_G}(?:gehoord|gelezen|gezien))|\b(?:ik heb|heb ik) (?:die|deze"
    r"|dat|de) (?:\S+ )?(?:informatie|gegevens|kennis) niet\b",
    r"\b(?:er|hier|daar|waar)?(?:over|van|op|voor)? ?(?:is|zijn|bestaat|bestaan|was|waren"
    r"|staan)"
    rf" {_G}{_NO} {_G2}{_INFO}",
    rf"\b{_NO} {_G2}{_INFO} (?:\S+ ){{0,3}}?(?:beschikbaar|bekend|gevonden|over|voorhanden)\b",
    rf"\b(?:ik ben|ben ik) {_G}(?:niet {_G2}|on)(?:zeker|bekend|in staat|vertrouwd|op de hoogte"
    r"|bij machte)\b",
    rf"\b(?:is|zijn|was|waren|blijft|blijven|lijkt|werd) {_G}(?:niet {_G2}|niets {_G2}"
    rf"|on){_KNOWN}"
    rf"{_REST}",
    rf"\b(?:is|blijft|was) {_G}(?:een raadsel|ongewis|onvoldoende){_REST}",
    rf"\b(?:valt|vallen|laat zich) {_G}(?:niet|niets) {_G}(?:te )?{_VERB}",
    rf"\b(?:kan|kunnen|kon) {_G}niet {_G}(?:worden {_DONE}|{_DONE} worden)\b",
    rf"\b(?:staat|staan|blijkt|volgt|komt) {_G}(?:niet|nergens) {_G}(?:in|uit)\b",
    rf"{_TEXT} (?:vermeldt?|bevat|geeft|noemt|zegt|biedt|maakt|meldt|bevatten|geven|laat|laten)"
    rf" {_G}(?:{_NO}|niet|niets)\b",
    r"\b(?:men|niemand) weet (?:het|dat)(?: niet)?(?: zeker)?$|\bdat weet niemand$"
    rf"|\b(?:onmogelijk|moeilijk|lastig) (?:\S+ ){{0,3}}?te {_VERB}|\b(?:gaat|valt"
    r"|ligt) (?:\S+ )?"
    r"(?:mijn kennis te boven|buiten mijn)|\bontgaat mij\b|\bzegt me (?:helaas )?niets\b",
    r"\b(?:ik ken|ken ik) (?:\S+ ){0,4}?niet\b",
    rf"\bmijn (?:\S+ )?(?:kennis|gegevens|informatie|data) {_G}(?:niet|geen)\b",
    rf"\b(?:dat|omdat|want|aangezien) (?:ik|mij) {_G}(?:niet|niets"
    rf"|geen {_G2}{_INFO}) {_G}(?:weet|ken|kan|heb|bekend|zeker|weten)",
    rf"\b(?:heb ik|ik heb|kon ik|ik kon) {_G}(?:niets|geen {_G2}{_INFO}) {_G}(?:gevonden"
    r"|kunnen vinden|vinden|gehoord|terugvinden)\b",
    rf"\b(?:kan|kun) (?:men|je) {_G2}niet {_G}{_VERB}|\b(?:men|je) (?:kan"
    rf"|kunt) {_G2}niet {_G}{_VERB}",
    rf"\b(?:heb ik|ik heb) {_G}geen {_G2}(?:toegang|mogelijkheid|manier)\b|\bniet bekend voor\b",
    r"\b(?:heb ik|ik heb|zou ik|ik zou) (?:\S+ ){0,3}?(?:meer|aanvullende"
    r"|extra) (?:\S+ ){0,2}?nodig\b",
    rf"\b(?:komt|verschijnt|duikt) {_G}in geen\b|\bis (?:\S+ ){{0,3}}?nooit {_G2}(?:bekend"
    r"|vastgesteld|opgehelderd|duidelijk|gevonden)"
    rf"|\b(?:blijkt|wordt|is) {_G}niet (?:\S+ )?(?:duidelijk |uit )?(?:welke?|wie|wat|waar"
    rf"|wanneer)\b|\bop geen enkele manier (?:te )?{_VERB}",
    rf"\b(?:ik heb|heb ik) {_G}{_INFO} (?:\S+ )?niet\b|\b(?:ontbreken|ontbreekt"
    rf"|mis ik) {_G}{_INFO}",
    r"\b(?:tekst|artikel|passage|document|bron|fragment)\b (?:\S+ ){0,2}?(?:staat|staan|wordt"
    rf"|worden|lees|vind) {_G}(?:niet|niets|geen)\b",
    r"\b(?:zo'n|zulke?|een dergelijke?) (?:\S+ )?bestaat (?:\S+ )?niet\b",
)
WHOLE = (
    rf"onbekend|niet bekend|{_NO} {_G2}{_INFO}(?: (?:over|om|voor|van|beschikbaar"
    r"|in)\b.{0,80})?"
    r"|n\.?v\.?t|niet (?:te beantwoorden|te bepalen|beschikbaar|vermeld|zeker|duidelijk"
    r"|mogelijk|te achterhalen)(?: .{0,60})?|onduidelijk|weet niet|moeilijk te zeggen"
    r"|onbeantwoordbaar|wie weet|niet dat ik weet"
)
