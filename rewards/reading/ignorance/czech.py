"""Say in Czech that something is not known; the package says how to read this."""

from __future__ import annotations

# Up to so many words between two parts of a frame.
_G = r"(?:\S+ ){0,4}?"
_G2 = r"(?:\S+ ){0,2}?"
_INFO = (
    r"(?:informac[eií]\w*|inform\w+|údaj\w*|dat[ay]?|znalost\w*|podrobnost\w*|záznam\w*"
    r"|důkaz\w*"
    r"|zdroj\w*|podklad\w*|tušení|ponětí|odpověď|odpovědi|zmínk\w+|kontext\w*|doklad\w*"
    r"|představ\w+"
    r"|poznatk\w+|zpráv\w*|jistot\w+|vědomost\w*|zmínek|zkušenost\w*|přehled|přístup)\b"
)
_SAY = (
    r"(?:říct|říci|odpovědět|zodpovědět|určit|zjistit|potvrdit|najít|nalézt|uvést|poskytnout"
    r"|vědět|stanovit|ověřit|pomoci|pomoct|dohledat|posoudit|identifikovat|vyvodit|poznat"
    r"|vypočítat"
    r"|spočítat|tvrdit|sdělit|dát|rozhodnout|odvodit|vyčíst|vzpomenout|upřesnit|zaručit)\b"
)
_KNOWN = (
    r"(?:znám[aoýáé]?|jasn[oýáé]|jist[oýáée]?|možné|uveden[aoyý]?|dostupn[aáéýoi]\w*"
    r"|zmíněn[aoy]?"
    r"|k dispozici|zaznamenán[aoy]?|doložen[aoy]?|zřejmé|určen[aoy]?|specifikován[aoy]?"
    r"|dostatečn\w+"
    r"|povědom\w*|zodpověditeln\w+)"
)
_TEXT = (
    r"\b(?:text|článek|úryvek|dokument|pasáž|úloha|zdroj|kontext|odstavec|autor|zadání|příběh"
    r"|otázka"
    r"|údaje|informace|podklady|ukázka)"
)
_REST = r"(?: (?:z|ze|v|ve|na|do|pro|podle|bez|s|k|ke|o|dodnes|zde|mi|dosud|kdo|kdy|kde|jak)\b.*)?$"
# Without one of these words (or beginnings, or ends) no pattern can be there.
HINTS = (
    "ne* není nic ni* nej* chyb* scház* postrád* žádn* bez málo kdo kdoví mimo nad těžk* "
    "obtížn* záhad* n zajímalo hádat potřeb* musel*"
)
SEARCHED = (
    r"\b(?:nevím|nevíme|netuším|nevěděl[a]? bych|nepamatuji|nevzpomínám|neznám (?:odpověď|tu"
    r"|tuto"
    r"|toto|tohoto|takov\w+|žádn\w+|nikoho|jméno|jeho|její|podrobnosti|danou))\b|^(?:bohužel )?"
    r"ne?vím$(?<!^vím)",
    r"\bnejsem si (?:\S+ ){0,2}?jist[ýáa]?\b|\bnejsem (?:\S+ ){0,2}?(?:schop[eno]\w*|obeznám\w+"
    r"|s to|schopn[áa]|seznám\w+)|\bnení mi (?:\S+ ){0,2}?(?:znám|jasn|povědom|nic)\w*"
    r"|\bnení v mých",
    r"\b(?:nemám|nemáme|nedisponuji|postrádám|chybí|chybějí|scházejí|chybí mi"
    r"|nemám k dispozici) "
    rf"{_G}{_INFO}|\b(?:tuto|tu|takov[oé]u?|tyto|ty|žádné) (?:\S+ )?{_INFO} nemám\b"
    r"|\bnemám (?:tušení|ponětí|zdání|páru|představu)\b",
    r"\b(?:neumím|nedokážu|nemohu|nemůžu|nemohl[a]? bych|neumíme|nedokážeme|nejde|nelze"
    r"|nedá se"
    rf"|nedají se|nemůžeme|nepodařilo se|nemohl[a]?|nedovedu) (?:mi )?{_G}{_SAY}",
    rf"\b(?:to )?(?:nelze|nejde|nedá se|nedá|nedají) (?:\S+ ){{0,6}}?{_SAY}",
    rf"\bnení (?:\S+ ){{0,7}}?{_SAY}|\bje (?:\S+ )?(?:nemožné|těžké"
    rf"|obtížné) (?:\S+ ){{0,4}}?{_SAY}",
    r"\b(?:nenašel|nenašla|nenalezl|nenalezla|nedohledal|neobjevil"
    rf"|nezjistil)[a]? (?:jsem )?{_G}(?:"
    rf"{_INFO}|nic)\b|\b(?:jsem|se) (?:\S+ )?(?:nenašel|nenašla|nenalezl|nenalezla"
    r"|nedohledal)[a]?"
    rf" {_G}(?:{_INFO}|nic)|\bnikdy jsem (?:o \S+ )?(?:\S+ ){{0,3}}?neslyšel",
    r"\b(?:neexistuj[eí]|nejsou|není|neevidují|nenajdeme|nebyly? nalezen\w*"
    rf"|nemáme) {_G}(?:dostatek "
    rf"{_G2}|dost {_G2}|žádn\w+ {_G2})?{_INFO}",
    rf"\bnení (?:\S+ ){{0,2}}?{_KNOWN}{_REST}|\b(?:nejsou|nebyl[aoy]?|nebývá) {_G2}{_KNOWN}{_REST}",
    rf"\b(?:je|jsou|zůstává|zůstávají|byl[aoy]?) {_G2}(?:neznám[aoýáéyí]\w*|nejasn\w+|nejist\w+"
    rf"|záhadou|nedostatečn\w+|nemožné|neurčit\w+){_REST}",
    rf"{_TEXT} (?:to |o tom |o \S+ |nic |o tom nic |o \S+ nic |se o tom |tuto informaci |neobsah"
    r"|tento údaj )?(?:neuvádí|neříká"
    r"|nezmiňuje|neobsahuj[eí]|neposkytuj[eí]|nespecifikuje|nehovoří|nestačí|neumožňuj[eí]"
    r"|nepopisuje"
    r"|neprozrazuje|neodpovídá|mlčí|nevysvětluje)\b",
    r"\b(?:to )?(?:nevyplývá|neplyne|není uveden\w|není zmíněn\w|se neuvádí|neuvádí se"
    r"|se nepíše)\b"
    r"|\bz (?:\S+ ){1,3}?(?:to )?nevyplývá|\b(?:to )?nikdo neví$|\bnikdo neví (?:jistě|kdo|kde"
    r"|kdy)\b"
    r"|\bkdo ví$|\bnení to známo\b|\b(?:mi|mně) (?:bohužel )?nic neříká\b",
    r"\bo (?:tom|této|tomto|takov\w+|ní|něm) (?:\S+ ){0,2}?(?:nic )?nevím\b|\b(?:mimo"
    r"|nad rámec) (?:\S+ )"
    r"?(?:mých|mé|moje) (?:znalost|vědomost|možnost)\w*|\bto by mě také zajímalo\b"
    r"|\bmusel[a]? bych"
    r" (?:jen )?hádat",
    rf"\bm(?:é|oje|ých|ými) (?:\S+ )?(?:znalost|informac|vědomost|údaj|data)\w* {_G}ne\w+",
    r"\b(?:odpověď|to|ho|ji|tuto \S+|tohoto \S+|takov\S+ \S+) (?:bohužel )?neznám\b"
    r"|\bjsem\b.*\b(?:nenašel|nenašla|nenalezl|nenalezla|nedohledal|neobjevil)a?\b",
    r"\bnemám (?:\S+ ){0,2}?(?:přístup|možnost|jak|k dispozici)\b|\b(?:informace|údaje"
    r"|data) (?:\S+ ){0,4}?nemám\b",
    r"\b(?:potřeboval|potřebovala|potřebuji)a? (?:bych )?(?:\S+ ){0,2}?(?:více|další\w*|bližší\w*"
    r"|podrobn\w+|upřesn\w+)\b|\bbych potřebova\w+ (?:více|další)",
    r"\bnikdy se ne(?:zjistilo|vyjasnilo|objasnilo|podařilo)\b|\bne(?:objevuje|vyskytuje"
    r"|figuruje) se? ?(?:v|ve) žádn|\bse ne(?:objevuje|vyskytuje) v"
    r"|\bmi není povědom",
    rf"\b(?:nepovím|neřeknu|neporadím)\b|\b{_INFO} (?:bohužel )?(?:nemám|neznám|nemáme)\b",
    r"\bv (?:textu|článku|úryvku|dokumentu|zadání|zdroji)\b (?:\S+ ){0,3}?(?:není|nestojí|nepíše"
    r"|nenajdete|chybí|neuvádí|nezmiňuje)\b"
    r"|\b(?:takov\w+|žádn\w+ takov\w+) \w+ neexistuje\b",
)
WHOLE = (
    rf"neznám[oýáé]|nedostatek {_INFO}|(?:žádn\w+|málo|bez|nedostatečn\w+"
    rf"|chybějící) {_G2}{_INFO}(?: (?:k|ke|o|pro|na|v|ve|z)"
    rf".{{0,80}})?|{_INFO} (?:nejsou k dispozici|není k dispozici|nedostupn\w+|chyb\w+)|n ?/ ?a"
    r"|nelze "
    rf"(?:\S+ ){{0,3}}?{_SAY}(?: .{{0,60}})?|neuveden[oa]|nezodpověditelné|nejasné|nejisté"
    r"|těžko říct"
    r"|těžko říci|kdoví|nedostupn\w+|není známo|není uvedeno"
)
