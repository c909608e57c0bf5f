"""Say in Czech how something is not known."""

from __future__ import annotations

# Up to so many words between two parts of a frame.
_G = r"(?:\S+ ){0,4}?"
_G2 = r"(?:\S+ ){0,2}?"


def czech() -> tuple[str, str]:
    info = (
        r"(?:informac[eií]\w*|inform\w+|údaj\w*|dat[ay]?|znalost\w*|podrobnost\w*|záznam\w*|důkaz\w*"
        r"|zdroj\w*|podklad\w*|tušení|ponětí|odpověď|odpovědi|zmínk\w+|kontext\w*|doklad\w*|představ\w+"
        r"|poznatk\w+|zpráv\w*|jistot\w+|vědomost\w*|zmínek|zkušenost\w*|přehled|přístup)\b"
    )
    say = (
        r"(?:říct|říci|odpovědět|zodpovědět|určit|zjistit|potvrdit|najít|nalézt|uvést|poskytnout"
        r"|vědět|stanovit|ověřit|pomoci|pomoct|dohledat|posoudit|identifikovat|vyvodit|poznat|vypočítat"
        r"|spočítat|tvrdit|sdělit|dát|rozhodnout|odvodit|vyčíst|vzpomenout|upřesnit|zaručit)\b"
    )
    known = (
        r"(?:znám[aoýáé]?|jasn[oýáé]|jist[oýáée]?|možné|uveden[aoyý]?|dostupn[aáéýoi]\w*|zmíněn[aoy]?"
        r"|k dispozici|zaznamenán[aoy]?|doložen[aoy]?|zřejmé|určen[aoy]?|specifikován[aoy]?|dostatečn\w+"
        r"|povědom\w*|zodpověditeln\w+)"
    )
    text = (
        r"\b(?:text|článek|úryvek|dokument|pasáž|zdroj|kontext|odstavec|autor|zadání|příběh|otázka"
        r"|údaje|informace|podklady|ukázka)"
    )
    rest = (
        r"(?: (?:z|ze|v|ve|na|do|pro|podle|bez|s|k|ke|o|dodnes|zde|mi|dosud|kdo|kdy|kde|jak)\b.*)?$"
    )
    patterns = (
        r"\b(?:nevím|nevíme|netuším|nevěděl[a]? bych|nepamatuji|nevzpomínám|neznám (?:odpověď|tu|tuto"
        r"|toto|tohoto|takov\w+|žádn\w+|nikoho|jméno|jeho|její|podrobnosti|danou))\b|^(?:bohužel )?"
        r"ne?vím$(?<!^vím)",
        r"\bnejsem si (?:\S+ ){0,2}?jist[ýáa]?\b|\bnejsem (?:\S+ ){0,2}?(?:schop[eno]\w*|obeznám\w+"
        r"|s to|schopn[áa]|seznám\w+)|\bnení mi (?:\S+ ){0,2}?(?:znám|jasn|povědom|nic)\w*|\bnení v mých",
        rf"\b(?:nemám|nemáme|nedisponuji|postrádám|chybí|chybějí|scházejí|chybí mi|nemám k dispozici) "
        rf"{_G}{info}|\bnemám (?:tušení|ponětí|zdání|páru|představu)\b",
        rf"\b(?:neumím|nedokážu|nemohu|nemůžu|nemohl[a]? bych|neumíme|nedokážeme|nejde|nelze|nedá se"
        rf"|nedají se|nemůžeme|nepodařilo se|nemohl[a]?|nedovedu) (?:mi )?{_G}{say}",
        rf"\b(?:to )?(?:nelze|nejde|nedá se) (?:\S+ ){{0,6}}?{say}",
        rf"\bnení (?:\S+ ){{0,7}}?{say}|\bje (?:\S+ )?(?:nemožné|těžké|obtížné) (?:\S+ ){{0,4}}?{say}",
        rf"\b(?:nenašel|nenašla|nenalezl|nenalezla|nedohledal|neobjevil|nezjistil)[a]? (?:jsem )?{_G}(?:"
        rf"{info}|nic)\b|\b(?:jsem|se) (?:\S+ )?(?:nenašel|nenašla|nenalezl|nenalezla|nedohledal)[a]?"
        rf" {_G}(?:{info}|nic)|\bnikdy jsem (?:o \S+ )?(?:\S+ ){{0,3}}?neslyšel",
        rf"\b(?:neexistuj[eí]|nejsou|není|neevidují|nenajdeme|nebyly? nalezen\w*|nemáme) {_G}(?:dostatek "
        rf"{_G2}|dost {_G2}|žádn\w+ {_G2})?{info}",
        rf"\bnení (?:\S+ ){{0,2}}?{known}{rest}|\b(?:nejsou|nebyl[aoy]?|nebývá) {_G2}{known}{rest}",
        rf"\b(?:je|jsou|zůstává|zůstávají|byl[aoy]?) {_G2}(?:neznám[aoýáéyí]\w*|nejasn\w+|nejist\w+"
        rf"|záhadou|nedostatečn\w+|nemožné|neurčit\w+){rest}",
        rf"{text} (?:to |o tom |o \S+ |se o tom |tuto informaci |neobsah|tento údaj )?(?:neuvádí|neříká"
        r"|nezmiňuje|neobsahuj[eí]|neposkytuj[eí]|nespecifikuje|nehovoří|nestačí|neumožňuj[eí]|nepopisuje"
        r"|neprozrazuje|neodpovídá|mlčí|nevysvětluje)\b",
        r"\b(?:to )?(?:nevyplývá|neplyne|není uveden\w|není zmíněn\w|se neuvádí|neuvádí se|se nepíše)\b"
        r"|\bz (?:\S+ ){1,3}?(?:to )?nevyplývá|\b(?:to )?nikdo neví$|\bnikdo neví (?:jistě|kdo|kde|kdy)\b"
        r"|\bkdo ví$|\bnení to známo\b",
        r"\bo (?:tom|této|tomto|takov\w+|ní|něm) (?:\S+ ){0,2}?(?:nic )?nevím\b|\b(?:mimo|nad rámec) (?:\S+ )"
        r"?(?:mých|mé|moje) (?:znalost|vědomost|možnost)\w*|\bto by mě také zajímalo\b|\bmusel[a]? bych"
        r" (?:jen )?hádat",
    )
    bare = (
        rf"neznám[oýáé]|nedostatek {info}|(?:žádn\w+|málo|bez|nedostatečn\w+|chybějící) {_G2}{info}(?: "
        rf".{{0,80}})?|{info} (?:nejsou k dispozici|není k dispozici|nedostupn\w+|chyb\w+)|n ?/ ?a|nelze "
        rf"(?:\S+ ){{0,3}}?{say}(?: .{{0,60}})?|neuveden[oa]|nezodpověditelné|nejasné|nejisté|těžko říct"
        r"|těžko říci|kdoví|nedostupn\w+|není známo|není uvedeno"
    )
    return "|".join(patterns), bare
