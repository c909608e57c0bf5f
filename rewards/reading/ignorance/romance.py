"""Say in Spanish, Portuguese, French and Italian how something is not known."""

from __future__ import annotations

# Up to so many words between two parts of a frame.
_G = r"(?:\S+ ){0,4}?"
_G2 = r"(?:\S+ ){0,2}?"


def spanish() -> tuple[str, str]:
    info = (
        r"(?:informaci[oó]n|info|datos?|conocimientos?|detalles?|registros?|evidencias?|pruebas"
        r"|fuentes?|indicios?|pistas?|idea|respuestas?|noticias?|constancia|elementos|contexto"
        r"|documentaci[oó]n|referencias?|menci[oó]n|certeza|seguridad|resultados?|antecedentes"
        r"|noci[oó]n|recuerdos?|rastro|forma de saberlo|manera de saberlo)\b"
    )
    say = (
        r"(?:decir\w*|responder\w*|contestar\w*|determinar\w*|saber\w*|confirmar\w*|encontrar\w*"
        r"|precisar\w*|asegurar\w*|afirmar\w*|dar\w*|proporcionar\w*|identificar\w*|ofrecer\w*"
        r"|ayudar\w*|establecer\w*|verificar\w*|deducir\w*|averiguar\w*|concluir\w*|facilitar\w*"
        r"|conocer\w*|hallar\w*|calcular\w*|inferir\w*|localizar\w*|recordar\w*|especificar\w*)"
    )
    known = (
        r"(?:conocid[oa]s?|clar[oa]|segur[oa]|posible|disponibles?|sabid[oa]|indicad[oa]|público"
        r"|suficientes?|especificad[oa]s?|mencionad[oa]s?|documentad[oa]s?|concluyentes?)"
    )
    pre = r"(?:(?:ya|aún|todavía|realmente|sinceramente|lo|la|le|te|se|les|os|me|nos) )*"
    text = (
        r"\b(?:texto|pasaje|artículo|documento|fragmento|contexto|enunciado|párrafo|autor|relato"
        r"|fuente|datos|información|pregunta|historia)"
    )
    some = r"(?:(?:ninguna?|ningún|suficientes?|bastantes?|más|esa?|este?a?|la|el|los|ni|una?) )*"
    patterns = (
        rf"\bno {pre}(?:sé|sabría|sabemos|recuerdo|sabría)\b|\bno {pre}(?:conozco|conocemos) (?:a )?"
        r"(?:la respuesta|es[aeo]|est[aeo]|dich[oa]|tal|nada|a nadie|ningun[ao]?|ningún|su|el nombre"
        r"|la identidad|los detalles)\b",
        rf"\bno {pre}(?:estoy|estamos) {_G2}(?:segur[oa]|al tanto|familiarizad[oa]|informad[oa]"
        r"|en condiciones|capacitad[oa]|enterad[oa])",
        rf"\b(?:no|tampoco) {pre}(?:tengo|tenemos|dispongo|cuento|poseo|manejo|hay|existen?|figuran?"
        rf"|constan?|aparecen?|se dispone|queda|obra|tengo acceso) (?:de |con |a )?{_G2}{some}{_G2}"
        rf"{info}",
        rf"\bno {pre}(?:puedo|podemos|podría|logro|consigo|alcanzo a|soy capaz de|me es posible"
        rf"|estoy en condiciones de|me atrevo a) (?:a )?{_G2}{say}",
        rf"\bno {pre}(?:puede|pueden|pudo|es posible|resulta posible|hay (?:forma|manera|modo) de"
        rf"|cabe|permite|permiten) (?:ser )?{_G2}(?:{say}|determinad|respondid|establecid)",
        rf"\bno {pre}(?:sabe|conoce|conocen|tiene constancia|especifica|indica|menciona|precisa"
        r"|proporciona|dispone)(?: (?:con|a|quién|cuándo|dónde|qué|el|la|en|de|cuál|cuánt\w+|su|nada"
        r"|nunca|si)\b.*)?$",
        rf"\bno {pre}(?:he|hemos|ha sido posible|encontré|encontramos|encuentro|hallé|oído) "
        rf"{_G}(?:{info}|{say}|hablar|nada|oído)|\bno {pre}(?:me consta|me suena|me viene)\b"
        r"|\bjamás he oído|\bnunca (?:he|había) (?:oído|escuchado|visto)",
        rf"\b(?:es|son|está|están|era|fue|sigue siendo|permanece|resulta|queda|siguen siendo) (?:\S+ )"
        rf"{{0,2}}?(?:desconocid[oa]s?|inciert[oa]s?|un misterio|una incógnita|insuficientes?|imposible"
        rf"(?: {_G2}{say})?|indeterminad[oa]s?|incontestable)(?: (?:hasta|para (?:mí|responder|contestar|"
        r"determinar|saber)|a día|en la|por|con|sin|de|hoy)\b.*)?$",
        rf"\bno (?:es|está|son|están|fue|queda|ha sido|resulta) {_G2}{known}(?: (?:en|con|por|para"
        r"|hasta|de|a|sin)\b.*)?$",
        rf"\b(?:desconozco|ignoro|carezco de|se desconoce|se ignora|se carece de|desconocemos)\b"
        rf"|\b(?:imposible|difícil) (?:de )?{say}|\bfaltan? {_G2}{info}",
        rf"{text}[^,]{{0,30}}? no {pre}(?:menciona|dice|indica|especifica|aparece|contiene|figura"
        r"|aporta|ofrece|precisa|señala|incluye|permite|proporciona|bastan|son|da|revela|aclara|explica"
        r"|hace|trae|es suficiente|alcanza)n?\b",
        r"\bno (?:aparece|figura|consta|se menciona|se indica|se especifica|se dice|se precisa|se"
        r" incluye|viene)n? (?:\S+ )?(?:en|nada|ese|ningún|por)\b|\b(?:nadie|quién) (?:lo )?sabe$"
        r"|\bnadie sabe (?:con certeza|la respuesta|quién|dónde|cuándo)\b",
        r"\b(?:ni idea|ni la menor idea|ni la más remota idea|sin idea)\b|\bno sabría\b"
        r"|\b(?:más allá|fuera) de(?:l alcance de)? (?:mis? (?:conocimientos?|saber|alcance|datos)|lo"
        r" que sé)|\bescapa a mi\b|\bme (?:supera|pillas|rindo)\b|\btendría que adivinar",
    )
    bare = (
        rf"desconocid[oa]|se desconoce|sin {some}{info}(?: (?:sobre|de|al|para|en)\b.{{0,80}})?"
        rf"|{info} (?:insuficientes?|no disponibles?|desconocid[oa]s?)|n ?/ ?[ad]|no (?:consta"
        r"|disponible|aplica|especificad[oa]|mencionad[oa]|determinable|se sabe|hay respuesta"
        r"|contestable|conocid[oa]|segur[oa]|figura|aparece)|indeterminad[oa]|imposible de saber"
        r"|difícil de decir|insuficiente|ni idea|quién sabe|a saber"
    )
    return "|".join(patterns), bare


def portuguese() -> tuple[str, str]:
    info = (
        r"(?:informaç(?:ão|ões)|info|dados?|conhecimentos?|detalhes?|registr?os?|evidências?|provas"
        r"|fontes?|indícios?|pistas?|ideia|respostas?|notícias?|elementos|contexto|documentação"
        r"|referências?|menção|certeza|noção|resultados?|lembrança|base|memória|vestígios?)\b"
    )
    say = (
        r"(?:dizer\w*|responder\w*|determinar\w*|saber\w*|confirmar\w*|encontrar\w*|precisar\w*"
        r"|garantir\w*|afirmar\w*|dar\w*|fornecer\w*|identificar\w*|oferecer\w*|ajudar\w*"
        r"|estabelecer\w*|verificar\w*|deduzir\w*|averiguar\w*|concluir\w*|informar\w*|conhecer\w*"
        r"|achar\w*|calcular\w*|inferir\w*|localizar\w*|lembrar\w*|especificar\w*|descobrir\w*"
        r"|determiná-l[oa]|dizê-lo|sabê-lo|opinar)(?:-\w+)*"
    )
    known = (
        r"(?:conhecid[oa]s?|clar[oa]|cert[oa]|possível|disponíve(?:l|is)|sabid[oa]|indicad[oa]"
        r"|suficientes?|especificad[oa]s?|mencionad[oa]s?|documentad[oa]s?|conclusiv[oa]s?)"
    )
    pre = r"(?:(?:eu|já|ainda|realmente|sinceramente|o|a|lhe|te|se|me|nos|infelizmente) )*"
    some = (
        r"(?:(?:nenhuma?|suficientes?|bastantes?|mais|ess[ae]|est[ae]|a|o|os|as|uma?|qualquer) )*"
    )
    text = (
        r"\b(?:texto|trecho|artigo|documento|passagem|contexto|enunciado|parágrafo|autor|fonte|dados"
        r"|informação|informações|pergunta|história|excerto)"
    )
    patterns = (
        rf"\bnão {pre}(?:sei|saberia|sabemos|lembro|recordo|faço (?:a (?:menor|mínima) )?ideia)\b"
        rf"|\bnão {pre}(?:conheço|conhecemos) (?:a resposta|ess[ae]|est[ae]|isso|tal|nada|ninguém"
        r"|nenhuma?|o nome|a identidade|os detalhes|sua?|dita)\b|\beu não sei\b",
        rf"\bnão {pre}(?:estou|estamos) {_G2}(?:cert[oa]|segur[oa]|a par|familiarizad[oa]|ciente"
        r"|em condições|informad[oa])|\bnão sou capaz de\b",
        rf"\bnão {pre}(?:tenho|temos|disponho|dispomos|possuo|conto|há|existem?|constam?|encontra|tive"
        rf"|se dispõe|tenho acesso) (?:de |com |a )?{_G2}{some}{_G2}{info}",
        rf"\bnão {pre}(?:posso|podemos|poderia|consigo|conseguimos|sou capaz de|me é possível|é possível"
        rf"|foi possível|seria possível|há (?:como|forma de|maneira de)|dá para|pode ser|podem ser"
        rf"|se pode|pode|permite|permitem|saberia|sei) {_G2}(?:{say}|determinad|respondid|estabelecid)",
        rf"\bnão {pre}(?:sabe|conhece|conhecem|especifica|indica|menciona|informa)(?: (?:com|ao|quem"
        r"|quando|onde|o que|a|o|em|de|qual|quant\w+|sua?|nada)\b.*)?$|\bnão se sabe\b",
        rf"\bnão {pre}(?:encontrei|encontramos|achei|localizei|obtive|ouvi|foram encontrad[oa]s"
        rf"|foi encontrad[oa]|foram localizad[oa]s) {_G}(?:{info}|nada|falar)\b|\bnunca ouvi\b"
        r"|\bnão (?:me )?consta\b",
        rf"\b(?:é|são|está|estão|era|foi|permanece|continua|continua sendo|continua a ser) {_G2}(?:"
        rf"desconhecid[oa]s?|incert[oa]s?|um mistério|insuficientes?|impossível(?: {_G2}{say})?"
        r"|indeterminad[oa]s?|irrespondível)(?: (?:até|para (?:mim|responder|determinar|saber)|por|com"
        r"|sem|de|hoje|a)\b.*)?$",
        rf"\bnão (?:é|está|são|estão|foi|ficou|fica) {_G2}{known}(?: (?:em|no|na|com|por|para|até|de|a"
        r"|ao|sem)\b.*)?$",
        rf"\b(?:desconheço|ignoro|careço de|desconhece-se|desconhecemos)\b|\b(?:impossível|difícil) (?:de"
        rf" )?{say}|\bfaltam?(?:-me)? {_G2}{info}",
        rf"{text}[^,]{{0,30}}? não {pre}(?:menciona|diz|indica|especifica|contém|traz|apresenta|oferece"
        r"|informa|inclui|permite|permitem|fornece|fornecem|são|bastam|revela|esclarece|explica|faz|dá"
        r"|refere|é suficiente|cita nada|consta)\b",
        r"\bnão (?:aparece|figura|consta|é mencionad[oa]|é informad[oa]|se menciona|está)m? (?:\S+ )?"
        r"(?:em|no|na|nada|esse|nenhum)\b|\b(?:ninguém|quem) sabe$|\bninguém sabe (?:ao certo|a"
        r" resposta|quem|onde|quando)\b",
        r"\b(?:sei lá|nem ideia|nem faço ideia|sem ideia)\b|\b(?:além|fora) d[oae](?: alcance d[oae])?"
        r" (?:meus?|minhas?|que sei)\b|\bfoge (?:ao|do) meu\b|\bteria que adivinhar",
    )
    bare = (
        rf"desconhecid[oa]|sem {some}{info}(?: (?:sobre|de|para|em|disponíve\w+)\b.{{0,80}})?|{info} (?:"
        r"insuficientes?|indisponíve(?:l|is)|não disponíve(?:l|is)|desconhecid[oa]s?)|n ?/ ?[ad]|não ("
        r"?:consta|disponível|se aplica|especificad[oa]|mencionad[oa]|informad[oa]|determinável|sei"
        r"|há resposta|conhecid[oa])|indeterminad[oa]|impossível saber|difícil dizer|sei lá"
        r"|insuficiente|vai saber|quem sabe"
    )
    return "|".join(patterns), bare


def french() -> tuple[str, str]:
    info = (
        r"(?:informations?|infos?|données?|connaissances?|détails?|traces?|preuves?|sources?"
        r"|indications?|indices?|éléments?|idée|réponses?|précisions?|renseignements?|contexte"
        r"|documentation|références?|mention|certitude|résultats?|archives?|souvenir|faits|moyen"
        r"|enregistrements?)\b"
    )
    say = (
        r"(?:dire|répondre|déterminer|savoir|confirmer|trouver|préciser|affirmer|donner|fournir"
        r"|identifier|aider|établir|vérifier|déduire|conclure|renseigner|connaître|calculer|indiquer"
        r"|localiser|rappeler|communiquer|certifier|renseigner|garantir|trancher|deviner|offrir"
        r"|retrouver|prononcer|évaluer|répondre)\b"
    )
    known = (
        r"(?:connue?s?|claire?|certaine?s?|possible|disponibles?|indiquée?s?|précisée?s?|suffisantes?"
        r"|mentionnée?s?|documentée?s?|fournie?s?|donnée?s?|établie?s?|spécifiée?s?|concluante?s?"
        r"|renseignée?s?)"
    )
    neg = r"(?:pas|aucune?(?:ment)?|jamais|guère|point|rien|plus)"
    pro = r"(?:(?:vous|te|le|la|les|l'|t'|y|en|n'|ne|lui|me|m') ?)*"
    text = (
        r"\b(?:texte|passage|article|document|extrait|contexte|énoncé|paragraphe|auteur|source|récit"
        r"|données|informations|question|histoire|rien)"
    )
    rest = r"(?: (?:à|au|pour|dans|sur|par|de|du|en|ici|avec|sans|car|d'|quant)\b.*)?$"
    patterns = (
        rf"\b(?:je|j'|on|nous) ?(?:ne |n')?{pro}(?:sais|sait|savons|saurais|sache)"
        rf"(?: {neg}\b|(?<=saurais)\b)(?! qu(?:e|') ?(?:c'est|il s'agit))",
        rf"\b(?:je l'|j'|nous l'|on )ignor(?:e|ons)\b|\bje (?:ne )?(?:connais|connaissais) {neg} (?:cette?|cet|ces|la réponse"
        r"|ce|son|sa|leur|le nom|l'identité|personne de ce nom)\b",
        rf"\b(?:je|nous) ?(?:ne )?(?:suis|sommes) {neg} (?:\S+ )?(?:sûre?|certaine?|en mesure|au courant"
        r"|capable|à même|en capacité|familière?|informée?)|\bje suis (?:incapable|dans l'incapacité"
        r"|désolée? de ne pas)\b|\bje suis à court\b",
        rf"\b(?:je|j'|nous|on) ?(?:ne |n')?{pro}(?:ai|avons|a|dispose|disposons|possède|possédons"
        rf"|détiens) {neg} (?:accès )?{_G}(?:d'|de |l')?{info}|\bj'en ai {neg} {info}",
        rf"\bje manque (?:de |d'){_G2}{info}|\b(?:aucune|pas la moindre|pas d'|nulle) ?idée\b|\bil"
        rf" (?:me )?manque {_G2}{info}",
        rf"\b(?:je|on|nous|il) (?:ne )?{pro}(?:(?:peux|peut|pouvons|pourrais|parviens|parvient|puis|m'est)"
        rf" {neg}|ne (?:saurais|saurait)) (?:possible )?(?:à |de |d')?{_G2}{pro}{say}"
        rf"|\b(?:je|on) ne {pro}saurai[st] {pro}{say}",
        rf"\b(?:ne|n') ?(?:peut|peuvent|permet|permettent|pourrait) {neg} (?:être )?(?:de |d')?{pro}(?:"
        rf"{say}|déterminée?|établie?|répondue?|confirmée?|connue?|identifiée?)",
        rf"\b(?:il )?(?:n'est|n'était|est) (?:{neg} (?:\S+ )?|(?:\S+ )?im)possible (?:pour moi )?"
        rf"(?:de |d'){pro}{say}",
        rf"\b(?:(?:je|nous) n'(?:ai|avons) {_G2}|j'ai {neg} (?:\S+ )?)(?:trouvée?|trouver"
        r"|retrouvé|entendu|connaissance|lu|vu|obtenu|repéré|su)\b|\bjamais entendu parler",
        rf"\b(?:il )?(?:n'existe|n'y a|n'y avait|ne figure|ne subsiste|n'apparaît|ne dispose) (?:{neg})"
        rf" (?:suffisamment |assez )?(?:d'|de )?{_G2}{info}",
        rf"\baucune {_G2}{info} (?:n'|ne )?{_G2}(?:est|fournie|disponible|trouvée|permet|existe|figure)"
        rf"|\b{info} (?:(?:\S+ )?(?:est|sont) )?(?:insuffisante?s?|indisponibles?|manquante?s?)\b",
        rf"\b(?:est|sont|reste|restent|demeure|demeurent|était|semble) {_G2}(?:inconnue?s?|incertaine?s?"
        rf"|un mystère|insuffisante?s?|impossible|indéterminée?s?|introuvables?|flou){rest}",
        rf"\b(?:n'est|ne sont|n'était|n'a|n'ont|ne semble) {neg} (?:été )?{_G2}{known}{rest}",
        rf"{text}[^,]{{0,30}}? (?:ne |n')(?:le |la |les |l'|en |y )?(?:précise|dit|mentionne|indique"
        r"|contient|donne|fournit|permet|évoque|parle|spécifie|comporte|révèle|aborde|explique|suffit"
        rf"|suffisent|permettent|sont|fait|offre|apporte)(?: {neg}\b)",
        rf"\b(?:cela|ce|cette?|l'|ça)?[^,]{{0,25}}?ne figure(?:nt)? {neg}\b|\b(?:nul|personne) ne (?:le )?"
        r"sait$|\bnul ne sait (?:qui|où|quand)\b|\bqui sait$|\b(?:dépasse|sort du|au-delà d[eu]|hors d[eu])"
        r" (?:\S+ ){0,3}?(?:mes?|ma) (?:connaissances?|compétences?|savoir|champ)\b"
        rf"|\b(?:difficile|impossible) (?:de |d'|à )(?:le |vous )?{say}|\bje donne ma langue|\bje sèche\b"
        r"|\bça ne me dit rien\b|\bme dit rien\b|\bj'en sais rien\b|\bje sais pas\b|\bje ne vois pas\b",
    )
    bare = (
        rf"inconnue?|{neg} (?:d'|de )?{_G2}{info}(?: (?:sur|à|pour|au|disponible|de|dans)\b.{{0,80}})?"
        rf"|{info} (?:non disponibles?|insuffisante?s?|indisponibles?|inconnue?s?|manquante?s?)(?: "
        r".{0,60})?|n ?/ ?[ad]|non (?:précisée?|renseignée?|disponible|spécifiée?|mentionnée?|connue?"
        r"|déterminée?|communiquée?|applicable)|indéterminée?|sans réponse|réponse inconnue"
        r"|impossible à dire|impossible de répondre|difficile à dire|indéterminable|insuffisant"
        r"|pas sûre?|sais pas|aucune"
    )
    return "|".join(patterns), bare


def italian() -> tuple[str, str]:
    info = (
        r"(?:informazion[ei]|info|dat[oi]|conoscenz[ae]|dettagli[o]?|registrazioni|prov[ae]|fonti?"
        r"|indizi[o]?|idea|rispost[ae]|notizi[ae]|elementi|contesto|documentazione|riferiment[oi]"
        r"|menzione|certezza|tracc[ie]a?|risultati|nozione|ricordo|indicazion[ei]|riscontr[oi])\b"
    )
    say = (
        r"(?:dir\w+|risponder\w*|determinar\w*|saper\w*|confermar\w*|trovar\w*|precisar\w*"
        r"|affermar\w*|dar\w*|fornir\w*|identificar\w*|offrir\w*|aiutar\w*|stabilir\w*|verificar\w*"
        r"|dedurr\w*|concluder\w*|conoscer\w*|calcolar\w*|individuar\w*|ricordar\w*|specificar\w*"
        r"|garantir\w*|indicar\w*|ricavar\w*|accertar\w*|esprimer\w*|desumer\w*)"
    )
    known = (
        r"(?:not[oaie]|conosciut[oaie]|chiar[oaie]|cert[oaie]|possibile|disponibil[ei]|indicat[oaie]"
        r"|sufficient[ei]|specificat[oaie]|menzionat[oaie]|documentat[oaie]|riportat[oaie]|precisat[oaie]"
        r"|dato saper\w+|fornit[oaie]|presente)"
    )
    pre = r"(?:(?:lo|la|li|le|ne|mi|ti|vi|si|ci|glielo|te|ve|proprio|ancora|più) |l'|n'|c')*"
    some = r"(?:(?:nessun[ao]?|alcun[ao]?|sufficienti|abbastanza|quest[aoei]|quell[aoe]|la|le|i|il|gli|di|delle|dei|l'|una|altre|tale|tali) ?)*"
    text = (
        r"\b(?:testo|brano|articolo|documento|passo|passaggio|contesto|paragrafo|autore|fonte|dati"
        r"|informazioni|domanda|racconto|estratto)"
    )
    patterns = (
        rf"\b(?:non|nemmeno|neanche) {pre}(?:so|saprei|sappiamo|ricordo)\b(?! chi altri)",
        rf"\bnon {pre}(?:conosco|conosciamo) (?:la risposta|quest[aoe']|quell[aoe']|tale|nulla|niente"
        r"|nessuno|il nome|l'identità|i dettagli|alcun[ao]?|sua|il suo)",
        rf"\bnon {pre}(?:sono|siamo) {_G2}(?:sicur[oai]|cert[oai]|in grado|al corrente|a conoscenza"
        r"|familiar\w*|informat[oa]|nelle condizioni|capace)",
        rf"\bnon {pre}(?:ho|abbiamo|dispongo|disponiamo|possiedo|ci sono|c'è|esist\w+|risult\w+"
        rf"|figura\w*|ho accesso|emerg\w+|vi sono) (?:di |a |alle |ad )?{_G2}{some}{_G2}{info}",
        rf"\bnon {pre}(?:posso|possiamo|potrei|riesco|riusciamo|sono in grado di|mi è possibile|è possibile"
        rf"|si può|si possono|può|possono|consente|consentono|permette|permettono|saprei|c'è modo di"
        rf"|è stato possibile|sarebbe possibile|è facile) (?:a |di )?(?:essere )?{_G2}(?:{say}"
        r"|determinat|rispost|stabilit)",
        rf"\bnon {pre}(?:si sa|si conosce|si conoscono|si specifica|si indica|sa nessuno|mi risulta"
        r"|mi dice niente)(?: (?:con|chi|quando|dove|cosa|la|il|in|di|quale|quant\w+|nulla|a)\b.*)?$"
        r"|\bnon si sa\b",
        rf"\bnon {pre}(?:ho|abbiamo|è stat[ao]|sono stat[ei]) (?:mai )?(?:trovat[oaie]|reperit[oaie]"
        rf"|sentito|letto|rinvenut\w+|individuat\w+) {_G}(?:{info}|nulla|niente|parlare|nominare)\b"
        r"|\bmai (?:sentit[oa]|sentito nominare)\b",
        rf"\b(?:è|sono|resta|restano|rimane|rimangono|era|risulta|risultano) {_G2}(?:sconosciut[oaie]"
        rf"|ignot[oaie]|incert[oaie]|un mistero|insufficient[ei]|impossibile(?: {_G2}{say})?"
        r"|indeterminat[oaie])(?: (?:fino|per (?:me|rispondere|stabilire|determinare)|a|ad|con|senza|da"
        r"|oggi|nel|in)\b.*)?$",
        rf"\bnon (?:mi |ci |gli )?(?:è|sono|era|viene|vengono|risulta|risultano) {_G2}{known}(?: (?:in|nel"
        r"|nella|con|per|fino|di|a|ad|dal|dai|senza|da)\b.*)?$",
        rf"\b(?:ignoro|sconosco|ignoriamo)\b|\b(?:impossibile|difficile) (?:da )?{say}|\b(?:mancano"
        rf"|manca|mi mancano|mi manca) {_G2}{info}",
        rf"{text}[^,]{{0,30}}? non (?:lo |la |ne |vi |ci )?(?:specifica|dice|indica|menziona|contiene"
        r"|fornisce|riporta|precisa|parla|offre|consente|permette|rivela|spiega|chiarisce|bastano|sono"
        r"|include|fa|accenna|tratta|presenta|forniscono|consentono|permettono|dà)\b",
        r"\bnon (?:compare|figura|è riportat\w|è menzionat\w|viene menzionat\w|c'è scritto|è scritto|è"
        r" indicat\w) (?:nel|nella|in|da)\b|\b(?:nessuno|chi) lo sa$|\bnessuno sa (?:con certezza|la"
        r" risposta|chi|dove|quando)\b|\bnon è dato saper\w*",
        r"\b(?:nessuna|non la minima|neanche una|nemmeno un[a'] ?)(?: )?idea\b|\b(?:al di là|oltre|fuori)"
        r" (?:\S+ ){0,3}?(?:mie|mia|mio) (?:conoscenze?|competenze?|portata|sapere)\b|\besula dalle mie\b"
        r"|\bmi arrendo\b|\bboh\b|\bdovrei tirare a indovinare",
    )
    bare = (
        rf"sconosciut[oa]|ignot[oa]|(?:nessun[ao]?|senza) {some}{info}(?: (?:su\w*|per|disponibile|in"
        rf"|al)\b.{{0,80}})?|{info} (?:insufficient[ei]|non disponibil[ei]|mancanti|sconosciut[oa])|n ?/"
        r" ?[ad]|n\. ?d|non (?:disponibile|specificat[oa]|determinabile|not[oa]|pervenut[oa]|menzionat[oa]"
        r"|applicabile|indicat[oa]|saprei|so|rispondibile|sicuro)|indeterminat[oa]|impossibile (?:dirlo"
        r"|saperlo|rispondere|stabilirlo|determinarlo)|difficile dirlo|boh|chi lo sa|chissà"
        r"|insufficiente"
    )
    return "|".join(patterns), bare
