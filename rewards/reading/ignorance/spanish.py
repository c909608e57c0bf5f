"""Say in Spanish that something is not known; the package says how to read this."""

from __future__ import annotations

# Up to so many words between two parts of a frame.
_G = r"(?:\S+ ){0,4}?"
_G2 = r"(?:\S+ ){0,2}?"
_INFO = (
    r"(?:informaci[oó]n|info|datos?|conocimientos?|detalles?|registros?|evidencias?|pruebas"
    r"|fuentes?|indicios?|pistas?|idea|respuestas?|noticias?|constancia|elementos|contexto"
    r"|documentaci[oó]n|referencias?|menci[oó]n|certeza|seguridad|resultados?|antecedentes"
    r"|noci[oó]n|recuerdos?|rastro|forma de saberlo|manera de saberlo)\b"
)
_SAY = (
    r"(?:decir\w*|responder\w*|contestar\w*|determinar\w*|saber\w*|confirmar\w*|encontrar\w*"
    r"|precisar\w*|asegurar\w*|afirmar\w*|dar\w*|proporcionar\w*|identificar\w*|ofrecer\w*"
    r"|ayudar\w*|establecer\w*|verificar\w*|deducir\w*|averiguar\w*|concluir\w*|facilitar\w*"
    r"|conocer\w*|hallar\w*|calcular\w*|inferir\w*|localizar\w*|recordar\w*|especificar\w*)"
)
_KNOWN = (
    r"(?:conocid[oa]s?|clar[oa]|segur[oa]|posible|disponibles?|sabid[oa]|indicad[oa]|público"
    r"|suficientes?|especificad[oa]s?|mencionad[oa]s?|documentad[oa]s?|concluyentes?)"
)
_PRE = r"(?:(?:ya|aún|todavía|realmente|sinceramente|lo|la|le|te|se|les|os|me|nos) )*"
_TEXT = (
    r"\b(?:texto|pasaje|artículo|documento|fragmento|contexto|enunciado|problema|ejercicio"
    r"|párrafo|autor|relato"
    r"|fuente|datos|información|pregunta|historia)"
)
_SOME = r"(?:(?:ninguna?|ningún|suficientes?|bastantes?|más|esa?|este?a?|la|el|los|ni|una?) )*"
# Without one of these words (or beginnings, or ends) no pattern can be there.
HINTS = (
    "no nunca jamás tampoco nadie ni des* in* im* ignor* carezco carece fuera más falta* "
    "faltan sin quién difícil supera pillas rindo adivinar n necesit* haría requeriría "
    "misterio incógnita escapa saber"
)
SEARCHED = (
    rf"\bno {_PRE}(?:sé|sabría|sabemos|recuerdo|sabría)\b|\bno {_PRE}(?:conozco"
    r"|conocemos) (?:a )?"
    r"(?:la respuesta|es[aeo]|est[aeo]|dich[oa]|tal|nada|a nadie|ningun[ao]?|ningún|su"
    r"|el nombre"
    r"|la identidad|los detalles)\b",
    rf"\bno {_PRE}(?:estoy|estamos) {_G2}(?:segur[oa]|al tanto|familiarizad[oa]|informad[oa]"
    r"|en condiciones|capacitad[oa]|enterad[oa])",
    rf"\b(?:no|tampoco) {_PRE}(?:tengo|tenemos|dispongo|cuento|poseo|manejo|hay|existen?"
    r"|figuran?"
    rf"|constan?|aparecen?|se dispone|queda|obra|tengo acceso) (?:de |con |a )?{_G2}{_SOME}{_G2}"
    rf"{_INFO}",
    rf"\bno {_PRE}(?:puedo|podemos|podría|logro|consigo|alcanzo a|soy capaz de|me es posible"
    rf"|estoy en condiciones de|me atrevo a) (?:a )?{_G2}{_SAY}",
    rf"\bno {_PRE}(?:puede|pueden|pudo|es posible|resulta posible|hay (?:forma|manera|modo) de"
    rf"|cabe|permite|permiten) (?:ser )?{_G2}(?:{_SAY}|determinad|respondid|establecid)",
    rf"\bno {_PRE}(?:sabe|conoce|conocen|tiene constancia|especifica|indica|menciona|precisa"
    r"|proporciona|dispone)(?: (?:con|a|quién|cuándo|dónde|qué|el|la|en|de|cuál|cuánt\w+|su"
    r"|nada"
    r"|nunca|si)\b.*)?$",
    rf"\bno {_PRE}(?:he|hemos|ha sido posible|encontré|encontramos|encuentro|hallé|oído) "
    rf"{_G}(?:{_INFO}|{_SAY}|hablar|nada|oído)|\bno {_PRE}(?:me consta|me suena|me viene"
    r"|me dice nada|tengo (?:cómo|forma|manera))\b"
    r"|\bjamás he oído|\bnunca (?:he|había) (?:oído|escuchado|visto)",
    r"\b(?:es|son|está|están|era|fue|sigue siendo|permanece|resulta|queda"
    r"|siguen siendo) (?:\S+ )"
    r"{0,2}?(?:desconocid[oa]s?|inciert[oa]s?|un misterio|una incógnita|insuficientes?"
    r"|imposible"
    rf"(?: {_G2}{_SAY})?|indeterminad[oa]s?|incontestable)(?: (?:hasta|para (?:mí|responder"
    r"|contestar|"
    r"determinar|saber)|a día|en la|por|con|sin|de|hoy)\b.*)?$",
    rf"\bno (?:es|está|son|están|fue|queda|ha sido|resulta) {_G2}{_KNOWN}(?: (?:en|con|por|para"
    r"|hasta|de|a|sin)\b.*)?$",
    rf"\b(?:desconozco|ignoro|carezco de|se desconoce|se ignora|se carece de|desconocemos)\b"
    rf"|\b(?:imposible|difícil) (?:de )?{_SAY}|\bfaltan? {_G2}{_INFO}",
    rf"{_TEXT}[^,]{{0,30}}? no {_PRE}(?:menciona|dice|indica|especifica|aparece|contiene|figura"
    r"|aporta|ofrece|precisa|señala|incluye|permite|proporciona|bastan|son|da|revela|aclara"
    r"|explica"
    r"|hace|trae|es suficiente|alcanza)n?\b",
    r"\bno (?:aparece|figura|consta|se menciona|se indica|se especifica|se dice|se precisa|se"
    r" incluye|viene)n? (?:\S+ )?(?:en|nada|ese|ningún|por)\b|\b(?:nadie|quién) (?:lo )?sabe$"
    r"|\bnadie sabe (?:con certeza|la respuesta|quién|dónde|cuándo)\b",
    r"\b(?:ni idea|ni la menor idea|ni la más remota idea|sin idea)\b|\bno sabría\b"
    r"|\b(?:más allá|fuera) de(?:l alcance de)? (?:mis? (?:conocimientos?|saber|alcance|datos)"
    r"|lo"
    r" que sé)|\bescapa a mi\b|\bme (?:supera|pillas|rindo)\b|\btendría que adivinar",
    rf"\bmis? (?:\S+ )?(?:conocimientos?|datos|información|saber|base) {_G}no\b",
    r"\bno (?:he podido encontrar|he encontrado|encontré|encuentro|tengo|hay|sé"
    r"|se sabe) nada (?:sobre|acerca|de|al)\b",
    r"\bno (?:me )?(?:resulta|es|suena) (?:\S+ )?(?:familiar|conocid[oa])\b",
    r"\b(?:necesito|necesitaría|me haría[n]? falta|requeriría|necesitamos"
    r"|me falta[n]?) (?:\S+ ){0,2}?(?:más|contexto|información|detalles)\b",
    r"\b(?:nunca|jamás) se (?:ha |llegó a )?(?:sabido|supo|saber|aclarado|aclaró|determinó"
    r"|determinado|conoció)\b|\bno (?:\S+ )?(?:tengo|hay)"
    r" (?:acceso|manera|forma|modo|medio)\b",
    r"\ben (?:el|la|este|esta) (?:texto|pasaje|artículo|documento|fragmento|enunciado"
    r"|fuente)\b[^,]{0,30}? no\b",
    r"\bno (?:existe|hay|hubo) (?:tal|ning[uú]na?|es[ea]|dich[oa]) \w+",
)
WHOLE = (
    rf"desconocid[oa]|se desconoce|sin {_SOME}{_INFO}(?: (?:sobre|de|al|para|en)\b.{{0,80}})?"
    rf"|{_INFO} (?:insuficientes?|no disponibles?|desconocid[oa]s?)|n ?/ ?[ad]|no (?:consta"
    r"|disponible|aplica|especificad[oa]|mencionad[oa]|determinable|se sabe|hay respuesta"
    r"|contestable|conocid[oa]|segur[oa]|figura|aparece)|indeterminad[oa]|imposible de saber"
    r"|difícil de decir|insuficiente|ni idea|quién sabe|a saber"
)
