"""Say in French that something is not known; the package says how to read this."""

from __future__ import annotations

# Up to so many words between two parts of a frame.
_G = r"(?:\S+ ){0,4}?"
_G2 = r"(?:\S+ ){0,2}?"
_INFO = (
    r"(?:informations?|infos?|données?|connaissances?|détails?|traces?|preuves?|sources?"
    r"|indications?|indices?|éléments?|idée|réponses?|précisions?|renseignements?|contexte"
    r"|documentation|références?|mention|certitude|résultats?|archives?|souvenir|faits|moyen"
    r"|enregistrements?)\b"
)
_SAY = (
    r"(?:dire|répondre|déterminer|savoir|confirmer|trouver|préciser|affirmer|donner|fournir"
    r"|identifier|aider|établir|vérifier|déduire|conclure|renseigner|connaître|calculer"
    r"|indiquer"
    r"|localiser|rappeler|communiquer|certifier|renseigner|garantir|trancher|deviner|offrir"
    r"|retrouver|prononcer|évaluer|répondre)\b"
)
_KNOWN = (
    r"(?:connue?s?|claire?|certaine?s?|possible|disponibles?|indiquée?s?|précisée?s?"
    r"|suffisantes?"
    r"|mentionnée?s?|documentée?s?|fournie?s?|donnée?s?|établie?s?|spécifiée?s?|concluante?s?"
    r"|renseignée?s?)"
)
_NEG = r"(?:pas|aucune?(?:ment)?|jamais|guère|point|rien|plus)"
_PRO = r"(?:(?:vous|te|le|la|les|l'|t'|y|en|n'|ne|lui|me|m') ?)*"
_TEXT = (
    r"\b(?:texte|passage|article|document|extrait|contexte|énoncé|problème|exercice|paragraphe"
    r"|auteur|source|récit"
    r"|données|informations|question|histoire|rien)"
)
_REST = r"(?: (?:à|au|pour|dans|sur|par|de|du|en|ici|avec|sans|car|d'|quant)\b.*)?$"
# Without one of these words (or beginnings, or ends) no pattern can be there.
HINTS = (
    "pas ne n'* n aucun* jamais rien guère point plus ignor* j'ignor* l'ignor* in* im* "
    "manque* nul* personne qui dépasse sort delà hors difficile sèche langue sais insuffis* "
    "non sans faudrait faut besoin mystère flou incapable court d'idée désol* vois"
)
SEARCHED = (
    rf"\b(?:je|j'|on|nous) ?(?:ne |n')?{_PRO}(?:sais|sait|savons|saurais|sache)"
    rf"(?: {_NEG}\b|(?<=saurais)\b)(?! qu(?:e|') ?(?:c'est|il s'agit))",
    r"\b(?:je l'|j'|nous l'|on )ignor(?:e|ons)\b|\bje (?:ne )?(?:connais"
    rf"|connaissais) {_NEG} (?:cette?|cet|ces|la réponse"
    r"|ce|son|sa|leur|le nom|l'identité|personne de ce nom)\b",
    rf"\b(?:je|nous) ?(?:ne )?(?:suis|sommes) {_NEG} (?:\S+ )?(?:sûre?|certaine?|en mesure"
    r"|au courant"
    r"|capable|à même|en capacité|familière?|informée?)|\bje suis (?:incapable"
    r"|dans l'incapacité"
    r"|désolée? de ne pas)\b|\bje suis à court\b",
    rf"\b(?:je|j'|nous|on) ?(?:ne |n')?{_PRO}(?:ai|avons|a|dispose|disposons|possède|possédons"
    rf"|détiens) {_NEG} (?:accès )?{_G}(?:d'|de |l')?{_INFO}|\bj'en ai {_NEG} {_INFO}",
    rf"\bje manque (?:de |d'){_G2}{_INFO}|\b(?:aucune|pas la moindre|pas d'|nulle) ?idée\b|\bil"
    rf" (?:me )?manque {_G2}{_INFO}",
    rf"\b(?:je|on|nous|il) (?:ne )?{_PRO}(?:(?:peux|peut|pouvons|pourrais|parviens|parvient|puis"
    r"|m'est)"
    rf" {_NEG}|ne (?:saurais|saurait)) (?:possible )?(?:à |de |d')?{_G2}{_PRO}{_SAY}"
    rf"|\b(?:je|on) ne {_PRO}saurai[st] {_PRO}{_SAY}",
    rf"\b(?:ne|n') ?(?:peut|peuvent|permet|permettent|pourrait) {_NEG} (?:être )?(?:de "
    rf"|d')?{_PRO}(?:"
    rf"{_SAY}|déterminée?|établie?|répondue?|confirmée?|connue?|identifiée?)",
    rf"\b(?:il )?(?:n'est|n'était|est) (?:{_NEG} (?:\S+ )?|(?:\S+ )?im)possible (?:pour moi )?"
    rf"(?:de |d'){_PRO}{_SAY}",
    rf"\b(?:(?:je|nous) n'(?:ai|avons) {_G2}|j'ai {_NEG} (?:\S+ )?)(?:trouvée?|trouver"
    r"|retrouvé|entendu|connaissance|lu|vu|obtenu|repéré|su)\b|\bjamais entendu parler",
    r"\b(?:il )?(?:n'existe|n'y a|n'y avait|ne figure|ne subsiste|n'apparaît"
    rf"|ne dispose) (?:{_NEG})"
    rf" (?:suffisamment |assez )?(?:d'|de )?{_G2}{_INFO}",
    rf"\baucune {_G2}{_INFO} (?:n'|ne )?{_G2}(?:est|fournie|disponible|trouvée|permet|existe"
    r"|figure)"
    rf"|\b{_INFO} (?:(?:\S+ )?(?:est|sont) )?(?:insuffisante?s?|indisponibles?|manquante?s?)\b",
    rf"\b(?:est|sont|reste|restent|demeure|demeurent|était|semble) {_G2}(?:inconnue?s?"
    r"|incertaine?s?"
    rf"|un mystère|insuffisante?s?|impossible|indéterminée?s?|introuvables?|flou){_REST}",
    rf"\b(?:n'est|ne sont|n'était|n'a|n'ont|ne semble) {_NEG} (?:été )?{_G2}{_KNOWN}{_REST}",
    rf"{_TEXT}[^,]{{0,30}}? (?:ne |n')(?:le |la |les |l'|en |y )?(?:précise|dit|mentionne"
    r"|indique"
    r"|contient|donne|fournit|permet|évoque|parle|spécifie|comporte|révèle|aborde|explique"
    r"|suffit"
    rf"|suffisent|permettent|sont|fait|offre|apporte)(?: {_NEG}\b)",
    rf"\b(?:cela|ce|cette?|l'|ça)?[^,]{{0,25}}?ne figure(?:nt)? {_NEG}\b|\b(?:nul"
    r"|personne) ne (?:le )?"
    r"sait$|\bnul ne sait (?:qui|où|quand)\b|\bqui sait$|\b(?:dépasse|sort du|au-delà d[eu]"
    r"|hors d[eu])"
    r" (?:\S+ ){0,3}?(?:mes?|ma) (?:connaissances?|compétences?|savoir|champ)\b"
    rf"|\b(?:difficile|impossible) (?:de |d'|à )(?:le |vous )?{_SAY}|\bje donne ma langue"
    r"|\bje sèche\b"
    r"|\bça ne me dit rien\b|\bn[e\'] ?(?:me |m\')(?:dit|évoque|rappelle) rien\b"
    r"|\bj'en sais rien\b|\bje sais pas\b|\bje ne vois pas\b",
    rf"\bm(?:es|a|on) (?:\S+ )?(?:connaissances?|données|savoir|informations|base) {_G}n(?:e "
    r"|')\S+ (?:\S+ )?(?:pas|rien|guère)\b",
    r"\bn(?:e |')(?:ai|sais|trouve|y a|existe) rien (?:trouvé |su )?(?:sur|à propos|concernant"
    r"|de|à ce)\b",
    r"\bne me (?:souviens|rappelle) (?:d'aucune?|pas|plus|de rien|aucune?)\b"
    rf"|\bn'apparaît dans aucune?\b|\bn'est {_NEG} (?:\S+ )?familièr?e?\b",
    r"\b(?:il (?:me|nous) faudrait|j'aurais besoin|j'ai besoin|il me faut) (?:\S+ ){0,2}?(?:plus"
    r"|davantage|contexte|précisions|informations)\b",
    r"\bn['e] ?(?:a|ont|est)? ?jamais (?:été )?(?:su|connue?|établie?|élucidée?|identifiée?"
    r"|déterminée?)\b|\b(?:sont|est) (?:pas|pas du tout)"
    r" (?:accessibles?|connue?s?)\b|\bne (?:me |nous )?(?:sont|est) pas (?:accessibles?|connue?s?"
    r"|disponibles?|familièr?e?s?)\b",
    r"\brien (?:\S+ ){0,5}?ne (?:permet|indique|dit|précise|le dit|l'indique|me permet)\b"
    r"|\bn'existe (?:pas|aucun)\b.*\btel"
    r"|\b(?:aucune?|pas de) tel(?:le)? \w+ n'existe\b",
    r"\b(?:dans|de) (?:le|ce|la|cet|l') ?(?:texte|passage|article|document|extrait"
    r"|énoncé)\b[^,]{0,40}? (?:ne |n')",
)
WHOLE = (
    rf"inconnue?|{_NEG} (?:d'|de )?{_G2}{_INFO}(?: (?:sur|à|pour|au|disponible|de"
    r"|dans)\b.{0,80})?"
    rf"|{_INFO} (?:non disponibles?|insuffisante?s?|indisponibles?|inconnue?s?|manquante?s?)(?: "
    r".{0,60})?|n ?/ ?[ad]|non (?:précisée?|renseignée?|disponible|spécifiée?|mentionnée?"
    r"|connue?"
    r"|déterminée?|communiquée?|applicable)|indéterminée?|sans réponse|réponse inconnue"
    r"|impossible à dire|impossible de répondre|difficile à dire|indéterminable|insuffisant"
    r"|pas sûre?|sais pas|aucune"
)
