"""Say in Italian that something is not known; the package says how to read this."""

from __future__ import annotations

# Up to so many words between two parts of a frame.
_G = r"(?:\S+ ){0,4}?"
_G2 = r"(?:\S+ ){0,2}?"
_INFO = (
    r"(?:informazion[ei]|info|dat[oi]|conoscenz[ae]|dettagli[o]?|registrazioni|prov[ae]|fonti?"
    r"|indizi[o]?|idea|rispost[ae]|notizi[ae]|elementi|contesto|documentazione|riferiment[oi]"
    r"|menzione|certezza|tracc[ie]a?|risultati|nozione|ricordo|indicazion[ei]|riscontr[oi])\b"
)
_SAY = (
    r"(?:dir\w+|risponder\w*|determinar\w*|saper\w*|confermar\w*|trovar\w*|precisar\w*"
    r"|affermar\w*|dar\w*|fornir\w*|identificar\w*|offrir\w*|aiutar\w*|stabilir\w*|verificar\w*"
    r"|dedurr\w*|concluder\w*|conoscer\w*|calcolar\w*|individuar\w*|ricordar\w*|specificar\w*"
    r"|garantir\w*|indicar\w*|ricavar\w*|accertar\w*|esprimer\w*|desumer\w*)"
)
_KNOWN = (
    r"(?:not[oaie]|conosciut[oaie]|chiar[oaie]|cert[oaie]|possibile|disponibil[ei]"
    r"|indicat[oaie]"
    r"|sufficient[ei]|specificat[oaie]|menzionat[oaie]|documentat[oaie]|riportat[oaie]"
    r"|precisat[oaie]"
    r"|dato saper\w+|fornit[oaie]|presente)"
)
_PRE = r"(?:(?:lo|la|li|le|ne|mi|ti|vi|si|ci|glielo|te|ve|proprio|ancora|più) |l'|n'|c')*"
_SOME = (
    r"(?:(?:nessun[ao]?|alcun[ao]?|sufficienti|abbastanza|quest[aoei]|quell[aoe]|la|le|i|il|gli"
    r"|di|delle|dei|l'|una|altre|tale|tali) ?)*"
)
_TEXT = (
    r"\b(?:testo|brano|articolo|documento|passo|passaggio|contesto|paragrafo|autore|fonte|dati"
    r"|problema|quesito|enunciato|esercizio"
    r"|informazioni|domanda|racconto|estratto)"
)
# Without one of these words (or beginnings, or ends) no pattern can be there.
HINTS = (
    "non nessun* mai nemmeno neanche ignor* in* im* sconosc* difficile manca* mancano là "
    "oltre fuori esula arrendo boh chi chissà senza n mister* servi* serve bisogno occorr* "
    "indovinare"
)
SEARCHED = (
    rf"\b(?:non|nemmeno|neanche) {_PRE}(?:so|saprei|sappiamo|ricordo)\b(?! chi altri)",
    rf"\bnon {_PRE}(?:conosco|conosciamo) (?:la risposta|quest[aoe']|quell[aoe']|tale|nulla"
    r"|niente"
    r"|nessuno|il nome|l'identità|i dettagli|alcun[ao]?|sua|il suo)",
    rf"\bnon {_PRE}(?:sono|siamo) {_G2}(?:sicur[oai]|cert[oai]|in grado|al corrente|a conoscenza"
    r"|familiar\w*|informat[oa]|nelle condizioni|capace)",
    rf"\bnon {_PRE}(?:ho|abbiamo|dispongo|disponiamo|possiedo|ci sono|c'è|esist\w+|risult\w+"
    rf"|figura\w*|ho accesso|emerg\w+|vi sono) (?:di |a |alle |ad )?{_G2}{_SOME}{_G2}{_INFO}",
    rf"\bnon {_PRE}(?:posso|possiamo|potrei|riesco|riusciamo|sono in grado di|mi è possibile"
    r"|è possibile"
    r"|si può|si possono|può|possono|consente|consentono|permette|permettono|saprei"
    r"|c'è modo di"
    rf"|è stato possibile|sarebbe possibile|è facile) (?:a |di )?(?:essere )?{_G2}(?:{_SAY}"
    r"|determinat|rispost|stabilit)",
    rf"\bnon {_PRE}(?:si sa|si conosce|si conoscono|si specifica|si indica|sa nessuno|mi risulta"
    r"|mi dice (?:niente|nulla)|mi suona)(?: (?:con|chi|quando|dove|cosa|la|il|in|di|quale"
    r"|quant\w+|nulla|a)\b.*)?$"
    r"|\bnon si sa\b",
    rf"\bnon {_PRE}(?:ho|abbiamo|è stat[ao]|sono stat[ei]) (?:mai )?(?:trovat[oaie]"
    r"|reperit[oaie]"
    rf"|sentito|letto|rinvenut\w+|individuat\w+) {_G}(?:{_INFO}|nulla|niente|parlare|nominare)\b"
    r"|\bmai (?:sentit[oa]|sentito nominare)\b",
    r"\b(?:è|sono|resta|restano|rimane|rimangono|era|risulta"
    rf"|risultano) {_G2}(?:sconosciut[oaie]"
    rf"|ignot[oaie]|incert[oaie]|un mistero|insufficient[ei]|impossibile(?: {_G2}{_SAY})?"
    r"|indeterminat[oaie])(?: (?:fino|per (?:me|rispondere|stabilire|determinare)|a|ad|con"
    r"|senza|da"
    r"|oggi|nel|in)\b.*)?$",
    r"\bnon (?:mi |ci |gli )?(?:è|sono|era|viene|vengono|risulta"
    rf"|risultano) {_G2}{_KNOWN}(?: (?:in|nel"
    r"|nella|con|per|fino|di|a|ad|dal|dai|senza|da)\b.*)?$",
    rf"\b(?:ignoro|sconosco|ignoriamo)\b|\b(?:impossibile|difficile) (?:da )?{_SAY}|\b(?:mancano"
    rf"|manca|mi mancano|mi manca) {_G2}{_INFO}",
    rf"{_TEXT}[^,]{{0,30}}? non (?:lo |la |ne |vi |ci )?(?:specifica|dice|indica|menziona"
    r"|contiene"
    r"|fornisce|riporta|precisa|parla|offre|consente|permette|rivela|spiega|chiarisce|bastano"
    r"|sono"
    r"|include|fa|accenna|tratta|presenta|forniscono|consentono|permettono|dà)\b",
    r"\bnon (?:compare|figura|è riportat\w|è menzionat\w|viene menzionat\w|c'è scritto"
    r"|è scritto|è"
    r" indicat\w) (?:nel|nella|in|da)\b|\b(?:nessuno|chi) lo sa$|\bnessuno sa (?:con certezza"
    r"|la"
    r" risposta|chi|dove|quando)\b|\bnon è dato saper\w*",
    r"\b(?:nessuna|non la minima|neanche una|nemmeno un[a'] ?)(?: )?idea\b|\b(?:al di là|oltre"
    r"|fuori)"
    r" (?:\S+ ){0,3}?(?:mie|mia|mio) (?:conoscenze?|competenze?|portata|sapere)\b"
    r"|\besula dalle mie\b"
    r"|\bmi arrendo\b|\bboh\b|\bdovrei tirare a indovinare",
    rf"\b(?:mie|mia|mio|miei) (?:\S+ )?(?:conoscenze?|dati|informazioni|sapere) {_G}non\b",
    r"\bnon (?:ho trovato|trovo|so|c'è|risulta|ho) (?:nulla|niente) (?:su|sul\w*|in|a|di"
    r"|riguardo)\b",
    r"\bnon (?:mi |ci )?(?:è|risulta|suona) (?:\S+ )?(?:familiare|not[oa]|conosciut[oa])\b"
    r"|\bnon (?:ho|c'è|vi è) (?:modo|accesso|maniera|mezzo)\b",
    r"\b(?:mi servirebbe|mi servirebbero|mi serve|avrei bisogno|ho bisogno|occorrerebbe"
    r"|mi occorr\w+) (?:di )?(?:\S+ ){0,2}?(?:più|maggior\w*|altr\w+"
    r"|ulterior\w*|contesto)\b",
    r"\bnon si è mai (?:saputo|chiarito|scoperto|stabilito)\b|\bnon (?:compare|appare"
    r"|figura) in (?:nessun|alcun)",
    r"\bn(?:el|ella|ell') ?(?:testo|brano|articolo|documento|passo|passaggio|fonte"
    r"|problema)\b[^,]{0,30}? non\b",
    r"\bnon (?:è|viene) (?:dett[oa]|scritt[oa]|riferit[oa]|spiegat[oa])$|\bnon esiste (?:alcun"
    r"|nessun|un[ao]? tale|tale)",
)
WHOLE = (
    rf"sconosciut[oa]|ignot[oa]|(?:nessun[ao]?|senza) {_SOME}{_INFO}(?: (?:su\w*|per|disponibile"
    r"|in"
    rf"|al)\b.{{0,80}})?|{_INFO} (?:insufficient[ei]|non disponibil[ei]|mancanti|sconosciut[oa])"
    r"|n ?/"
    r" ?[ad]|n\. ?d|non (?:disponibile|specificat[oa]|determinabile|not[oa]|pervenut[oa]"
    r"|menzionat[oa]"
    r"|applicabile|indicat[oa]|saprei|so|rispondibile|sicuro)|indeterminat[oa]"
    r"|impossibile (?:dirlo"
    r"|saperlo|rispondere|stabilirlo|determinarlo)|difficile dirlo|boh|chi lo sa|chissà"
    r"|insufficiente"
)
