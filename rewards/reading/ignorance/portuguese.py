"""Say in Portuguese that something is not known; the package says how to read this."""

from __future__ import annotations

# Up to so many words between two parts of a frame.
_G = r"(?:\S+ ){0,4}?"
_G2 = r"(?:\S+ ){0,2}?"
_INFO = (
    r"(?:informaç(?:ão|ões)|info|dados?|conhecimentos?|detalhes?|registr?os?|evidências?|provas"
    r"|fontes?|indícios?|pistas?|ideia|respostas?|notícias?|elementos|contexto|documentação"
    r"|referências?|menção|certeza|noção|resultados?|lembrança|base|memória|vestígios?)\b"
)
_SAY = (
    r"(?:dizer\w*|responder\w*|determinar\w*|saber\w*|confirmar\w*|encontrar\w*|precisar\w*"
    r"|garantir\w*|afirmar\w*|dar\w*|fornecer\w*|identificar\w*|oferecer\w*|ajudar\w*"
    r"|estabelecer\w*|verificar\w*|deduzir\w*|averiguar\w*|concluir\w*|informar\w*|conhecer\w*"
    r"|achar\w*|calcular\w*|inferir\w*|localizar\w*|lembrar\w*|especificar\w*|descobrir\w*"
    r"|determiná-l[oa]|dizê-lo|sabê-lo|opinar)(?:-\w+)*"
)
_KNOWN = (
    r"(?:conhecid[oa]s?|clar[oa]|cert[oa]|possível|disponíve(?:l|is)|sabid[oa]|indicad[oa]"
    r"|suficientes?|especificad[oa]s?|mencionad[oa]s?|documentad[oa]s?|conclusiv[oa]s?)"
)
_PRE = r"(?:(?:eu|já|ainda|realmente|sinceramente|o|a|lhe|te|se|me|nos|infelizmente) )*"
_SOME = r"(?:(?:nenhuma?|suficientes?|bastantes?|mais|ess[ae]|est[ae]|a|o|os|as|uma?|qualquer) )*"
_TEXT = (
    r"\b(?:texto|trecho|artigo|documento|passagem|contexto|enunciado|problema|exercício"
    r"|parágrafo|autor|fonte|dados"
    r"|informação|informações|pergunta|história|excerto)"
)
# Without one of these words (or beginnings, or ends) no pattern can be there.
HINTS = (
    "não nunca jamais ninguém nem des* in* im* ignor* careço além fora falta* sem quem "
    "difícil foge adivinhar n precis* necess* mistério sei vai indisponí* irrespondível"
)
SEARCHED = (
    rf"\bnão {_PRE}(?:sei|saberia|sabemos|lembro|recordo|faço (?:a (?:menor|mínima) )?ideia)\b"
    rf"|\bnão {_PRE}(?:conheço|conhecemos) (?:a resposta|ess[ae]|est[ae]|isso|tal|nada|ninguém"
    r"|nenhuma?|o nome|a identidade|os detalhes|sua?|dita)\b|\beu não sei\b|\bnão me (?:diz"
    r"|dizem|soa|lembra) (?:nada|a nada)\b",
    rf"\bnão {_PRE}(?:estou|estamos) {_G2}(?:cert[oa]|segur[oa]|a par|familiarizad[oa]|ciente"
    r"|em condições|informad[oa])|\bnão sou capaz de\b",
    rf"\bnão {_PRE}(?:tenho|temos|disponho|dispomos|possuo|conto|há|existem?|constam?|encontra"
    r"|tive"
    rf"|se dispõe|tenho acesso) (?:de |com |a )?{_G2}{_SOME}{_G2}{_INFO}",
    rf"\bnão {_PRE}(?:posso|podemos|poderia|consigo|conseguimos|sou capaz de|me é possível"
    r"|é possível"
    r"|foi possível|seria possível|(?:há|tenho) (?:como|forma de|maneira de)|dá para|pode ser"
    r"|podem ser"
    rf"|se pode|pode|permite|permitem|saberia|sei) {_G2}(?:{_SAY}|determinad|respondid"
    r"|estabelecid)",
    rf"\bnão {_PRE}(?:sabe|conhece|conhecem|especifica|indica|menciona|informa)(?: (?:com|ao"
    r"|quem"
    r"|quando|onde|o que|a|o|em|de|qual|quant\w+|sua?|nada)\b.*)?$|\bnão se sabe\b",
    rf"\bnão {_PRE}(?:encontrei|encontramos|achei|localizei|obtive|ouvi|foram encontrad[oa]s"
    rf"|foi encontrad[oa]|foram localizad[oa]s) {_G}(?:{_INFO}|nada|falar)\b|\bnunca ouvi\b"
    r"|\bnão (?:me )?consta\b",
    rf"\b(?:é|são|está|estão|era|foi|permanece|continua|continua sendo|continua a ser) {_G2}(?:"
    rf"desconhecid[oa]s?|incert[oa]s?|um mistério|insuficientes?|impossível(?: {_G2}{_SAY})?"
    r"|indeterminad[oa]s?|irrespondível)(?: (?:até|para (?:mim|responder|determinar|saber)|por"
    r"|com"
    r"|sem|de|hoje|a)\b.*)?$",
    rf"\bnão (?:é|está|são|estão|foi|ficou|fica) {_G2}{_KNOWN}(?: (?:em|no|na|com|por|para|até"
    r"|de|a"
    r"|ao|sem)\b.*)?$",
    r"\b(?:desconheço|ignoro|careço de|desconhece-se|desconhecemos)\b|\b(?:impossível"
    r"|difícil) (?:de"
    rf" )?{_SAY}|\bfaltam?(?:-me)? {_G2}{_INFO}",
    rf"{_TEXT}[^,]{{0,30}}? não {_PRE}(?:menciona|diz|indica|especifica|contém|traz|apresenta"
    r"|oferece"
    r"|informa|inclui|permite|permitem|fornece|fornecem|são|bastam|revela|esclarece|explica|faz"
    r"|dá"
    r"|refere|é suficiente|cita nada|consta)\b",
    r"\bnão (?:aparece|figura|consta|é mencionad[oa]|é informad[oa]|se menciona"
    r"|está)m? (?:\S+ )?"
    r"(?:em|no|na|nada|esse|nenhum)\b|\b(?:ninguém|quem) sabe$|\bninguém sabe (?:ao certo|a"
    r" resposta|quem|onde|quando)\b",
    r"\b(?:sei lá|nem ideia|nem faço ideia|sem ideia)\b|\b(?:além"
    r"|fora) d[oae](?: alcance d[oae])?"
    r" (?:meus?|minhas?|que sei)\b|\bfoge (?:ao|do) meu\b|\bteria que adivinhar",
    rf"\b(?:meus?|minhas?) (?:\S+ )?(?:conhecimentos?|dados|informações|base) {_G}não\b",
    r"\bnão (?:encontrei|encontro|há|tenho|sei|consta|se sabe) nada (?:sobre|acerca|de|a)\b",
    r"\bnão (?:me )?(?:é|parece|soa) (?:\S+ )?(?:familiar|conhecid[oa])\b",
    r"\b(?:preciso|precisaria|necessito|necessitaria|seri(?:a"
    r"|am) necessári\w+) (?:de )?(?:\S+ ){0,2}?(?:mais|contexto|detalhes)\b",
    r"\b(?:nunca|jamais) se (?:soube|descobriu|esclareceu|determinou|saberá)\b"
    r"|\bnão (?:\S+ )?(?:tenho|há) (?:acesso|maneira|forma|modo|meio)\b",
    r"\bn[oae]st?[ea]? ?(?:texto|trecho|artigo|documento|excerto|enunciado"
    r"|fonte)\b[^,]{0,30}? não\b",
    r"\bnão (?:existe|há|houve) (?:tal|nenhuma?|ess[ea]|dit[oa]) \w+",
)
WHOLE = (
    rf"desconhecid[oa]|sem {_SOME}{_INFO}(?: (?:sobre|de|para|em|disponíve\w+)\b.{{0,80}})?"
    rf"|{_INFO} (?:"
    r"insuficientes?|indisponíve(?:l|is)|não disponíve(?:l|is)|desconhecid[oa]s?)|n ?/ ?[ad]"
    r"|não ("
    r"?:consta|disponível|se aplica|especificad[oa]|mencionad[oa]|informad[oa]|determinável|sei"
    r"|há resposta|conhecid[oa])|indeterminad[oa]|impossível saber|difícil dizer|sei lá"
    r"|insuficiente|vai saber|quem sabe"
)
