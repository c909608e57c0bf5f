"""Say in English, German and Dutch how something is not known; `..ignorance` has the idea."""

from __future__ import annotations

# Up to so many words between two parts of a frame.
_G = r"(?:\S+ ){0,4}?"
_G2 = r"(?:\S+ ){0,2}?"


def english() -> tuple[str, str]:
    adverb = (
        r"(?:(?:really|honestly|simply|just|actually|currently|unfortunately|quite|personally|still"
        r"|truly|entirely|completely|totally|fully|exactly|at all|even|yet|regrettably|sadly"
        r"|definitively|reliably|accurately|confidently|immediately|publicly|clearly|explicitly"
        r"|largely|generally|sufficiently|therefore|possibly|readily|specifically|directly) )*"
    )
    info = (
        r"(?:information|info|data|details?|knowledge|records?|evidence|documentation|sources?"
        r"|facts|figures|mention|indication|context|answers?|clues?|idea|recollection|material"
        r"|references?|results?|notion|inkling|entry|entries|insights?|trace|basis)\b"
    )
    say = (
        r"(?:say|tell|answer|determine|confirm|verify|find|locate|identify|provide|give|recall"
        r"|help|establish|be (?:sure|certain)|respond|name|guess|ascertain|offer|state|conclude"
        r"|infer|know|deduce|work out|figure out|decide|calculate|pin down|speak to|supply|comment"
        r"|assist|remember|retrieve|recogni[sz]e|share|be determined|specify)\b"
    )
    said = (
        r"(?:determined|known|answered|established|inferred|found|verified|deduced|ascertained"
        r"|identified|located|calculated|confirmed|concluded|derived|computed|told|solved|decided"
        r"|retrieved|guessed|said)\b"
    )
    cannot = r"(?:cannot|can't|can not|could not|couldn't|wouldn't be able to|can only not)"
    text = (
        r"\b(?:text|passage|article|document|context|question|story|paragraph|excerpt|author"
        r"|information|data|sources?|statement|problem|prompt|table|knowledge base|training data"
        r"|knowledge|records?|report|description|snippet|background|page|given|it)"
    )
    state = (
        r"(?:unknown|unclear|uncertain|unavailable|unspecified|undetermined|unanswerable"
        r"|undocumented|undisclosed|unrecorded|insufficient|inconclusive|indeterminate|a mystery"
        r"|anyone's guess|anybody's guess|impossible|lost to history|lacking|missing"
        rf"|not {adverb}(?:known|clear|specified|stated|mentioned|given|provided|available"
        r"|recorded|documented|disclosed|certain|possible|answerable|enough|sufficient|found"
        r"|included|listed|indicated|covered|established|identifiable|determinable|described))"
    )
    rest = (
        r"(?: (?:to me|to us|to this day|to (?:answer|tell|say|determine|know)|at (?:this|the)"
        r"|yet|so far|here|anywhere|as of|from|based|without|due|because|in (?:the|this|my|any|that"
        r"|what|available|our)|for (?:me|this|that|sure|certain|now)|with (?:the|this|what|any)"
        r"|given|today$|today\b)\b.*)?$"
    )
    no = r"(?:no|not (?:enough|any|the|sufficient)|insufficient|inadequate|too little|zero|limited)"
    patterns = (
        rf"\bi {adverb}(?:do not|don't|dont|did not|didn't|would not|wouldn't) {adverb}(?:know"
        rf"|recall|remember|recogni[sz]e|possess {_G}{info}|have (?:any |access\b|{_G}{info}))",
        rf"\bi(?:'m| am) {adverb}(?:not {adverb}(?:sure|certain|aware|familiar|confident|informed"
        rf"|able to {adverb}{say}|in a position to|equipped to)|unsure|uncertain|unaware|unfamiliar"
        rf"|unable to {adverb}{say}|clueless|stumped|at a loss|ignorant|drawing a blank)",
        rf"\bi {adverb}(?:{cannot}|was unable to|was not able to|wasn't able to|fail to) "
        rf"{adverb}{say}",
        rf"\bi(?:'ve| have) {adverb}(?:got )?(?:{no}|absolutely no|never) {_G2}(?:{info}|clue|way"
        r"|heard|encountered|come across|read|seen)",
        rf"\bi (?:lack|am lacking|am missing) {_G}{info}|\b(?:no|not the (?:faintest|slightest|"
        r"foggiest)) (?:idea|clue)\b|\bhaven't (?:a clue|the faintest|the foggiest|an idea)",
        rf"(?:\b(?:is|are|was|were|remains?|be|seems)|'s) {_G2}{state}{rest}",
        rf"\b(?:is|are|was|were|has|have)(?:n't| not) {adverb}(?:been )?{adverb}(?:known|clear"
        r"|specified|stated|mentioned|given|provided|available|recorded|documented|disclosed"
        rf"|certain|possible|answerable|enough|sufficient|found|covered|listed){rest}",
        rf"\b{cannot} {adverb}be {adverb}{said}|\bcan never be {said}",
        rf"\b(?:impossible|not possible|n't possible|no way|hard|difficult) (?:for me )?(?:to"
        rf"|of) {adverb}(?:{say}|knowing|telling|finding|determining|saying)",
        rf"\bthere(?:'s| is| are|'re| was| were| exists?| seems to be| appears to be) {adverb}{no} "
        rf"{_G2}{info}|\bthere (?:is|are|was|were|do|does)(?:n't| not) {adverb}(?:exist )?{_G2}{info}",
        rf"\b(?:no|insufficient|not enough) {_G2}{info} {_G}(?:found|located|available|provided"
        r"|given|exists?|on file|retrieved|obtained|recorded)\b",
        rf"{text} {adverb}(?:(?:do|does|did)(?:n't| not)|fails? to|never|{cannot}) {adverb}(?:"
        r"mention|say|state|specify|contain|include|provide|give|indicate|tell|reveal|cover|reach"
        r"|allow|suffice|disclose|address|discuss|describe|explain|answer|identify|name|offer"
        r"|extend|list|supply|clarify|note|refer)\b",
        rf"{text} {adverb}(?:gives?|contains?|has|have|provides?|makes?|offers?|says?|includes?|is"
        rf"|are) {adverb}(?:no\b|nothing\b|silent\b|n't enough|not enough|insufficient|too vague)",
        r"\b(?:beyond|outside)(?: of)? (?:the (?:scope|limits|bounds|range|extent|realm) of )?(?:my"
        r"|what i)(?: \S+)? ?(?:knowledge|expertise|training|understanding|ken|information|data"
        r"|know|have|scope)\b",
        r"\bnot (?:something|a \w+|one|anything) (?:that )?i (?:know|have|can|am|could|recogni)",
        r"\bi(?:'d| would) (?:only |just |merely )?(?:be|have to) (?:guess|speculat)",
        r"\b(?:who (?:it|that|this) (?:is|was)|that|this|it) (?:eludes|escapes) me\b|\bbeats me\b"
        r"|\byour guess is as good as mine\b|\byou(?:'ve| have) got me\b|\bi(?:'d| would) rather"
        r" not guess\b|\bnever heard of\b|\bi (?:give up|pass)$|\bnot that i know of\b"
        r"|\bi {0,1}dunno\b|\bi(?:'m| am) (?:afraid )?not the (?:right )?one to ask\b",
        r"\b(?:nobody|no one|no-one) (?:really )?knows(?: (?:it|that|for sure|for certain|the answer"
        r"|who|when|where|exactly)\b.*)?$|^who knows$|\bhas never been (?:known|established"
        r"|determined|recorded|documented)",
    )
    bare = (
        r"unknown|n ?/ ?a\b|n\.a|unanswerable|undetermined|indeterminate|unclear|dunno|beats me"
        rf"|(?:{cannot}|unable to) {adverb}{say}.{{0,80}}"
        r"|(?:answer |currently )?not (?:applicable|available|known|specified|mentioned|stated"
        r"|given|provided|found|sure|certain|answerable|enough|determinable|possible|recorded)"
        r"(?: (?:in|at|about|by|from|to|on)\b.{0,80})?"
        rf"|(?:{no}|missing|lack of|lacking) {_G2}{info}(?: (?:to|about|on|for|in|available"
        r"|provided|given|found|of|regarding|exists|at)\b.{0,80})?"
        r"|don't know|do not know|no clue|idk|hard to say|impossible to (?:say|tell|know|determine)"
        r".{0,80}|answer unknown|information unavailable|data unavailable|no comment|can't say"
    )
    return "|".join(patterns), bare


def german() -> tuple[str, str]:
    info = (
        r"(?:information(?:en)?|infos?|angaben?|daten|kenntniss?e?|wissen|hinweise?|belege?"
        r"|aufzeichnungen|quellen?|unterlagen|details?|anhaltspunkte?|eintr[aä]ge?|antwort(?:en)?"
        r"|einzelheiten|nachweise?|erkenntnisse?|ahnung|schimmer|plan|idee|vorstellung|material"
        r"|auskunft|überlieferung|erinnerung|datengrundlage|grundlage)\b"
    )
    no = (
        r"(?:kein(?:e[rnms]?|erlei|en blassen)?|nicht (?:genug|genügend|ausreichend\w*|viele?)"
        r"|zu wenige?|ungenügend\w*|unzureichend\w*|nichts|keinen zugriff|kaum)"
    )
    verb = (
        r"(?:sagen|beantworten|feststellen|bestimmen|finden|geben|machen|ermitteln|bestätigen"
        r"|nennen|angeben|helfen|antworten|mitteilen|beurteilen|herausfinden|ausmachen"
        r"|verifizieren|wissen|liefern|weiterhelfen|erkennen|ableiten|schliessen|identifizieren"
        r"|zuordnen|erinnern|erteilen|entnehmen|klären|belegen|nachweisen|berechnen|entscheiden"
        r"|dienen|eingehen|einschätzen|benennen|überprüfen|rekonstruieren|in erfahrung bringen)\b"
    )
    done = (
        r"(?:beantwortet|bestimmt|festgestellt|ermittelt|gesagt|geklärt|gefunden|beurteilt"
        r"|berechnet|entschieden|identifiziert|bestätigt|nachgewiesen|abgeleitet|herausgefunden)"
    )
    known = (
        r"(?:bekannt|klar|sicher|möglich|angegeben|erwähnt|dokumentiert|überliefert|verfügbar"
        r"|feststellbar|bestimmbar|beantwortbar|ermittelbar|geläufig|vorhanden|genannt|gesichert"
        rf"|auffindbar|enthalten|geklärt|ersichtlich|ausreichend|erfasst|belegt|zu {verb}"
        r"|bestimmt|gewiss|vermerkt|verzeichnet|eindeutig)"
    )
    rest = (
        r"(?: (?:um|zu[mr]?|in|im|aus|anhand|bis|auf|für|ohne|mit|da|weil|von|nach|heute|hier)\b"
        r".*)?$"
    )
    self = r"(?:ich|mir|uns)"
    text = (
        r"\b(?:text|artikel|abschnitt|absatz|dokument|passage|quelle|kontext|aufgabe|frage|auszug"
        r"|textstelle|angaben|daten|informationen|beitrag|vorlage|unterlagen|autor|geschichte)"
    )
    patterns = (
        rf"\b(?:ich (?:weiss|wüsste)|(?:weiss|wüsste) ich) {_G}(?:nicht|nichts|{no} {_G2}{info})",
        r"^(?:weiss|wüsste) (?:ich )?(?:\S+ ){0,2}?nicht\b|\bwüsste ich (?:auch )?gerne?$",
        rf"\b{no} (?:blasse[nr]? )?(?:ahnung|schimmer|idee|plan)\b|\bbin ich (?:leider )?(?:über"
        r"fragt|raus|ratlos)|\bich bin (?:leider |da )*(?:überfragt|ratlos)"
        r"|\bmuss ich (?:leider |da )*passen\b|\bsagt mir (?:leider )?nichts\b",
        rf"\b(?:ich|wir|mir) (?:kann|könnte|konnte|vermag|können|darf|würde|habe) {_G}(?:{no}"
        rf"|nicht|nichts) {_G}(?:zu )?(?:{verb}|gefunden\b)",
        rf"\b(?:kann|könnte|konnte|vermag|können|habe) (?:ich|wir) {_G}(?:{no}|nicht|nichts)"
        rf" {_G}(?:zu )?(?:{verb}|gefunden\b)",
        rf"\b(?:ich|mir|wir|uns) (?:habe|hab|haben|besitze|verfüge|liegt|liegen|fehlen|fehlt) {_G}"
        rf"(?:über )?(?:{no} {_G2})?{info}(?<!habe information)",
        rf"\b(?:habe|hab|besitze|verfüge|liegt|liegen|fehlen|fehlt) {self} {_G}(?:{no}) {_G2}{info}"
        rf"|\b(?:fehlen|fehlt) {self} {_G}{info}",
        rf"\b(?:liegt|liegen|gibt es|es gibt|gab es|existier\w+|finden sich|bestehen|fehlen|ist|sind"
        rf"|wurden?|werden) {_G}{no} {_G2}{info}|\b(?:es )?(?:fehlen|fehlt es) {_G}{info}",
        rf"\b{no} {_G2}{info} (?:\S+ ){{0,3}}?(?:vor|vorhanden|verfügbar|gefunden|bekannt|enthalten"
        r"|möglich)\b",
        rf"\b(?:ich bin|bin ich) {_G}(?:nicht {_G2}|un)(?:sicher|im klaren|vertraut|in der lage"
        r"|imstande|fähig|bekannt|informiert)\b",
        rf"\b(?:ist|sind|war|waren|bleibt|bleiben|wurde|wäre|scheint) {_G}(?:nicht {_G2}|nichts"
        rf" {_G2}|un){known}{rest}",
        rf"\b(?:ist|sind|bleibt|war) {_G}(?:ungewiss|unklar|ein rätsel|unzureichend|ungenügend)"
        rf"{rest}",
        rf"\b(?:lässt|lassen|liess) {_G2}sich {_G}nicht {_G}{verb}",
        r"\bgeht {G}(?:nicht|nichts) {G}hervor\b".replace("{G}", _G),
        rf"\b(?:steht|findet sich|stehen) {_G}(?:nicht|nichts) {_G}(?:im|in|da)\b",
        rf"{text} (?:enthält|nennt|gibt|macht|erwähnt|sagt|liefert|bietet|erlaubt|verrät|erklärt"
        rf"|reichen|reicht|enthalten|geben|lassen|äussert) {_G}(?:{no}|nicht|nichts)\b",
        r"\bman (?:weiss|kann) (?:es |das |dazu |darüber )?(?:leider )?nicht(?:s)?\b"
        r"|\bweiss man (?:leider )?nicht\b|\b(?:das )?weiss (?:niemand|keiner)$"
        r"|\b(?:niemand|keiner) weiss (?:es|das)(?: genau)?$",
        rf"\b(?:kann|können|konnte|konnten) {_G}(?:nicht|kein\w*) {_G}{done} werden\b",
        rf"\bunmöglich\b {_G}(?:zu )?{verb}|\bentzieht sich (?:leider )?meiner kenntnis"
        r"|\b(?:ausserhalb|übersteigt) (?:\S+ )?(?:meine[sr]?|was ich)\b",
        r"\b(?:kenne ich|ich kenne) (?:\S+ ){0,4}?nicht\b|\b(?:habe ich|ich habe) (?:\S+ ){0,3}?"
        r"(?:noch )?nie(?:mals)? (?:\S+ ){0,3}?(?:gehört|gesehen|gelesen)",
        r"\b(?:ich müsste|müsste ich) (?:da )?raten\b|\bda fragst du (?:mich|den falschen)",
    )
    bare = (
        r"unbekannt|nicht bekannt|kein(?:e|erlei) angaben?(?: .{0,80})?|k\. ?a|(?:nicht |un)"
        rf"beantwortbar|nicht bestimmbar|{no} {_G2}{info}(?: (?:zu[mr]?|über|vorhanden|verfügbar"
        r"|gefunden|für|in|im|um|auf)\b.{0,80})?|ungewiss|unklar|nicht (?:angegeben|verfügbar"
        r"|ermittelbar|feststellbar|zu (?:ermitteln|bestimmen|beantworten|sagen)|möglich|vorhanden"
        r"|genannt|erwähnt)(?: .{0,60})?|weiss nicht|schwer zu sagen|nicht sicher|(?:leider )?nein"
        r"|wer weiss|nicht dass ich wüsste|keine auskunft"
    )
    return "|".join(patterns), bare.replace("|(?:leider )?nein", "")


def dutch() -> tuple[str, str]:
    info = (
        r"(?:informatie|info|gegevens|data|kennis|details?|bewijs|bronnen?|aanwijzing(?:en)?"
        r"|antwoord|idee|benul|verslag(?:en)?|documentatie|vermelding(?:en)?|aanknopingspunten"
        r"|resultaten|feiten|weet|notie|registratie|herinnering|archieven|context)\b"
    )
    no = r"(?:geen(?: enkele?)?|niet (?:genoeg|voldoende)|onvoldoende|te weinig|niets)"
    verb = (
        r"(?:zeggen|beantwoorden|vaststellen|bepalen|vinden|geven|achterhalen|bevestigen|noemen"
        r"|helpen|antwoorden|vertellen|beoordelen|uitmaken|weten|leveren|afleiden|opmaken|nagaan"
        r"|herinneren|identificeren|verifiëren|thuisbrengen|mededelen|berekenen|concluderen"
        r"|verstrekken|bieden|raden|inschatten|plaatsen)\b"
    )
    done = (
        r"(?:beantwoord|bepaald|vastgesteld|gezegd|gevonden|achterhaald|bevestigd|berekend"
        r"|afgeleid|beoordeeld|opgemaakt)"
    )
    known = (
        rf"(?:bekend|duidelijk|zeker|mogelijk|vermeld|gedocumenteerd|beschikbaar|te {verb}|genoemd"
        r"|opgenomen|voldoende|overgeleverd|vastgelegd|aangegeven|gegeven|beantwoordbaar"
        r"|terug te vinden|aanwezig)"
    )
    rest = r"(?: (?:om|op|in|uit|aan|tot|voor|zonder|met|omdat|van|hier|bij|binnen|door|te)\b.*)?$"
    text = (
        r"\b(?:tekst|artikel|passage|document|bron|context|vraag|alinea|fragment|verhaal|auteur"
        r"|gegevens|informatie|paragraaf|stuk)"
    )
    patterns = (
        rf"\b(?:ik (?:weet|zou)|(?:weet|zou) ik) {_G}(?:niet|niets|{no} {_G2}{info})(?: weten)?\b",
        r"^weet (?:ik )?(?:\S+ ){0,2}?niet\b|\bgeen (?:flauw |enkel )?(?:idee|benul)\b|\bjoost mag"
        r" het weten\b|\bmoet ik (?:helaas )?(?:je |u )?(?:het antwoord )?schuldig blijven",
        rf"\b(?:ik|we) (?:kan|kon|kunnen|konden|mag) {_G}(?:{no}|niet|niets) {_G}{verb}"
        rf"|\b(?:kan|kon|kunnen) (?:ik|we) {_G}(?:{no}|niet|niets) {_G}{verb}",
        rf"\b(?:ik (?:heb|beschik|bezit|mis)|(?:heb|beschik|bezit|mis) ik) {_G}(?:(?:{no}|niet over"
        rf"|niet) {_G}{info}|nooit {_G}(?:gehoord|gelezen|gezien))|\b(?:ik heb|heb ik) (?:die|deze"
        r"|dat|de) (?:\S+ )?(?:informatie|gegevens|kennis) niet\b",
        rf"\b(?:er|hier|daar|waar)?(?:over|van|op|voor)? ?(?:is|zijn|bestaat|bestaan|was|waren|staan)"
        rf" {_G}{no} {_G2}{info}",
        rf"\b{no} {_G2}{info} (?:\S+ ){{0,3}}?(?:beschikbaar|bekend|gevonden|over|voorhanden)\b",
        rf"\b(?:ik ben|ben ik) {_G}(?:niet {_G2}|on)(?:zeker|bekend|in staat|vertrouwd|op de hoogte"
        r"|bij machte)\b",
        rf"\b(?:is|zijn|was|waren|blijft|blijven|lijkt|werd) {_G}(?:niet {_G2}|niets {_G2}|on){known}"
        rf"{rest}",
        rf"\b(?:is|blijft|was) {_G}(?:een raadsel|ongewis|onvoldoende){rest}",
        rf"\b(?:valt|vallen|laat zich) {_G}(?:niet|niets) {_G}(?:te )?{verb}",
        rf"\b(?:kan|kunnen|kon) {_G}niet {_G}(?:worden {done}|{done} worden)\b",
        rf"\b(?:staat|staan|blijkt|volgt|komt) {_G}(?:niet|nergens) {_G}(?:in|uit)\b",
        rf"{text} (?:vermeldt?|bevat|geeft|noemt|zegt|biedt|maakt|meldt|bevatten|geven|laat|laten)"
        rf" {_G}(?:{no}|niet|niets)\b",
        r"\b(?:men|niemand) weet (?:het|dat)(?: niet)?(?: zeker)?$|\bdat weet niemand$"
        rf"|\b(?:onmogelijk|moeilijk|lastig) (?:\S+ ){{0,3}}?te {verb}|\b(?:gaat|valt|ligt) (?:\S+ )?"
        r"(?:mijn kennis te boven|buiten mijn)|\bontgaat mij\b|\bzegt me (?:helaas )?niets\b",
        r"\b(?:ik ken|ken ik) (?:\S+ ){0,4}?niet\b",
    )
    bare = (
        rf"onbekend|niet bekend|{no} {_G2}{info}(?: (?:over|om|voor|van|beschikbaar|in)\b.{{0,80}})?"
        r"|n\.?v\.?t|niet (?:te beantwoorden|te bepalen|beschikbaar|vermeld|zeker|duidelijk"
        r"|mogelijk|te achterhalen)(?: .{0,60})?|onduidelijk|weet niet|moeilijk te zeggen"
        r"|onbeantwoordbaar|wie weet|niet dat ik weet"
    )
    return "|".join(patterns), bare
