"""List how the twelve languages say what a model is built on, derived from or driven by.

Regular expressions for folded and casefolded text in which names are single characters
(`rewards.identity.claims`). What belongs between such words and the name, articles and the like,
is `GAP`; it is part of them, so that "based on what Google finds" says nothing of Google.
"""

from __future__ import annotations

_ANY = "[\ue000-\ue005]"

# From the words to the name: "top of meta's", "the weights of the", "a version of", "der".
GAP = (
    rf"(?:[\s\"'*(]|{_ANY}(?:'s|の|的|의)?"
    r"|\b(?:the|an?|top of|weights?|architecture|technology|tech|models?|family|families|version"
    r"|variant|base"
    r"|basis|outputs?|foundation|checkpoint|series|llm|large|language|open|source|weight|fine-tuned"
    r"|tuned|of|by"
    r"|from|on|company|latest|existing|pre-?trained|what|that|der|die|das|dem|den|des|einem|einer"
    r"|eines?|modells?"
    r"|architektur|technologie|sprachmodells?|von|el|la|los|las|del?|modelos?|tecnología"
    r"|arquitectura|une?|le"
    r"|les|l'|du|des|modèles?|technologie|architecture|celle|tecnologia|arquitetura|os?|as?|d[oa]s?"
    r"|uma?|il|lo"
    r"|gli|dell[oa']?|di|modell[oi]|architettura|quella|het|een|van|modellen|architectuur"
    r"|architektuře|modelu"
    r"|technologii|společnosti|firmy|jazykovém|la de|die von|al|nel|sul)\b"
    r"|[-‐]|نموذج|تقنية|تقنيات|شركة|模型|大模型|了)*"
)

_BASED = (
    # en
    r"\b(?:based|built|builds?|building|constructed|founded|layered|bootstrapped"
    r"|modell?ed) (?:up)?on\b|\bbased off\b|\bpowered by\b|\bdriven by\b|\bunderpinned by\b"
    r"|\b(?:derived|descended|distilled|forked|fine-?tuned|finetuned|adapted|customi[sz]ed|branched"
    r"|spun off) (?:from|on|out of)\b|\b(?:derivative|fine-?tune|finetune|fork|distillation"
    r"|descendant|offshoot|clone|copy|rebrand|customi[sz]ation|adaptation|offspring|child) of\b"
    r"|\b(?:fine-?tuned|fine-?tuning|finetuned|rebranded|renamed|re-?skinned|distilled|modified"
    r"|repackaged|customi[sz]ed|quantized|adapted|disguised|instruction-tuned|tuned)\b|\b(?:version"
    r"|variant|flavou?r|edition|instance|successor|extension) of\b|\b(?:wrapper|wrapped|shell"
    r"|skin) (?:around|over|for)\b|\b(?:trained|pre-?trained|initiali[sz]ed|started|grown|made"
    r"|built|created|developed) (?:from|out of)\b|\bwith (?:the )?(?:technology|tech|help"
    r"|assistance|weights)\b|\bwhose (?:\w+ )?(?:architecture|base|foundation|core|backbone|engine"
    r"|technology|weights|model|basis)s? (?:is|are|was|were|comes?)\b|\bon top of\b"
    r"|\bon the (?:basis|foundation) of\b|\b(?:running|runs?|operating|operates?) on\b|\b(?:using"
    r"|utili[sz]ing|leveraging|with the help of)\b|\bin (?:collaboration|partnership|cooperation"
    r"|conjunction) with\b|\b(?:jointly|together) with\b|\b(?:roots|origins?|ancestry) (?:in"
    r"|from)\b"
    # de, nl
    r"|\b(?:basierend|basier\w*|beruh\w*|aufgebaut|aufbauend|fuss\w*) auf\b|\bauf (?:der )?(?:basis"
    r"|grundlage) (?:von|des|der)\b|\b(?:angetrieben|betrieben) (?:von|durch)\b|\babgeleitet von\b"
    r"|\bmit hilfe von\b|\bunter verwendung von\b|\b(?:version|variante|ableger|abkömmling"
    r"|ableitung) von\b|\b(?:gebaseerd|gebouwd|voortgebouwd|bouw|draai) op\b|\bop basis van\b"
    r"|\b(?:afgeleid|afgestemd) van\b|\baangedreven door\b|\b(?:variant|versie) van\b"
    # es, pt, it, fr
    r"|\b(?:basad[oa]|baso|basa|construid[oa]|desarrollad[oa]|montad[oa]) (?:me )?(?:en|sobre)\b"
    r"|\bimpulsad[oa] por\b|\bderivad[oa] de\b|\b(?:versión|variante) (?:\w+ )?de\b|\ba partir de\b"
    r"|\b(?:basead[oa]|construíd[oa]|fundad[oa]) (?:n[oa]s?|em|sobre)\b|\balimentad[oa] (?:por"
    r"|pel[oa])\b|\bderivad[oa] d[oae]\b|\b(?:versão|variante) (?:\w+ )?d[oae]\b"
    r"|\bcom base n?[oa]?\b|\b(?:basat[oa]|fondat[oa]|costruit[oa]|sviluppat[oa]|baso) s(?:u|ul"
    r"|ull[a']|opra)\b|\bderivat[oa] da\w*\b|\b(?:versione|variante) (?:\w+ )?di\b|\b(?:basée?"
    r"|fondée?|construite?|repose|bâtie?) sur\b|\bdérivée? d[eu']|\bpropulsée? par\b|\b(?:version"
    r"|variante) (?:\w+ )?d[eu']|\bà partir d[eu']"
    # cs, ar, zh
    r"|\b(?:založen[ýáoa]?|postaven[ýáoa]?|vybudovan[ýá]) na\b|\bna základě\b|\bodvozen[ýáa]? (?:z"
    r"|od)\b|\bpoháněn[ýáa]?|\b(?:verze|varianta)\b|(?<!\w)(?:مبني\w*|قائم\w*|مبنيا|أعتمد|يعتمد"
    r"|أستند|يستند|تعتمد|معتمد\w*|مستند\w*) (?:على|إلى)|(?<!\w)(?:مشتق\w*|مدعوم\w*|منبثق) (?:من|ب)"
    r"|基于|基於|源自|源于|衍生自|微调自|脱胎于|依托|(?:由|用)(?=\S{1,3}(?:驱动|驅動|提供支持"
    r"|赋能))|(?:使用|采用|採用|利用)了?|以(?=\S{1,4}(?:为|為)(?:基础|基礎|底座|核心))"
    r"|在(?=\S{1,6}(?:的)?(?:基础|基礎|模型)上)"
)
BASED = rf"(?:{_BASED}){GAP}$"

_MY = (
    r"\bmy (?:\w+ ){0,2}?(?:architecture|base|foundation|core|backbone|engine|technology|weights"
    r"|origins?|roots|model|predecessor|parent|brain|ancestor|basis|llm)s? (?:is|are|was|were"
    r"|comes?|came|stems?|derives?|originates?|belongs?)\b(?! (?:on|at|hosted|available|released"
    r"|published|stored)\b)|\bi (?:\w+ly )?(?:am running|run|operate|rely|descend|derive|originate"
    r"|stem|build|depend|borrow)\b|\b(?:model|technology|engine|llm|system|brain) (?:behind|inside"
    r"|under) me is\b|\bunder the hood,? (?:i(?:'m| am|t's) )?|\bmeine? (?:architektur|basis"
    r"|grundlage|technologie|technik|gewichte|modellbasis) (?:ist|sind|stamm\w*|komm\w*)\b|\b(?:ich"
    r"|und) (?:basiere|beruhe|laufe) auf\b|\bmi (?:arquitectura|base|tecnología|modelo base) (?:es"
    r"|viene|proviene)\b|\bm(?:on|a) (?:architecture|base|technologie|modèle de base) (?:est|vient"
    r"|provient)\b|\bmi baso su\b|\b(?:minha|meu) (?:arquitetura|base|tecnologia|modelo base) (?:é"
    r"|vem|provém)\b|\bme baseio n[oa]\b|\bme baso en\b|\b(?:mia|mio) (?:architettura|base"
    r"|tecnologia|modello di base) (?:è|viene|proviene)\b|\bje me base sur\b|\bmijn (?:architectuur"
    r"|basis|technologie|basismodel) (?:is|komt)\b|\b(?:má|moje|můj) (?:architektura|základ"
    r"|technologie) (?:je|pochází)\b|我的(?:架构|底层|底座|基础|核心|技术|模型|底层模型|基础模型"
    r"|架構)(?:是|来自|來自|为|源自)|(?:底层|底座|内核|基座|背后)的?(?:模型|架构|技术)?(?:是|为"
    r"|用的是)|(?:中身|内部|正体|ベース|基盤|土台)(?:の(?:モデル|技術))?は|私の(?:アーキテクチャ"
    r"|ベース|基盤|技術|土台)は|(?:제|저의) (?:기반|아키텍처|기술|기반 모델)[은는] ?"
    r"|(?<!\w)(?:بنيتي|أساسي|تقنيتي|نموذجي الأساسي)(?: هو| هي)?"
)
MINE = rf"(?:{_MY}){GAP}$"

_NOUNS = (
    r"(?:architecture|base|foundation|core|backbone|engine|technology|weights|origin|roots?|model"
    r"|llm"
    r"|architektur|basis|grundlage|technologie|technik|arquitectura|tecnología|arquitetura"
    r"|tecnologia"
    r"|architettura|architectuur|architektura|základ|modell|modelo|modèle|modello)"
)
# "My architecture is …" and "i use …", of which the second needs a model or somebody's work behind.
MY_SUBJECT = (
    rf"\b(?:my|meine?|mi|mon|ma|minha|meu|mia|mio|mijn|má|moje|můj) (?:\w+ ){{0,2}}?{_NOUNS}s?\b"
    r"[^,.\ue000-\ue005]{0,30}$|我的\w{0,4}(?:架构|底层|技术|模型)\w{0,4}$"
)
USES = (
    r"\b(?:i (?:use|utili[sz]e|leverage|employ|share)|ich (?:nutze|verwende)|uso|utilizo|j'utilise"
    rf"|utilizzo|ik gebruik|používám)\b{GAP}$"
)
ITS_WORK = rf"^(?:'s|s)? (?:\w+ )?{_NOUNS}s?\b"

# Behind the name: "-based assistant", "auf … basierend", "をベースに".
BASED_AFTER = (
    r"^(?:-|‐|\s)(?:based|derived|powered|driven|fine-?tuned|finetuned|backed|style clone)\b"
    r"|^(?:'s)? (?:derivative|fine-?tune|finetune|fork|variant|clone|wrapper|descendant|rebrand"
    r"|offshoot|distillation|engine|backend)\b|^-basier\w*|^(?:の(?:技術|モデル"
    r"|アーキテクチャ))?(?:を|に|から)(?:ベース|基盤|基礎|もと|元|土台|基づ|派生|利用|使用|搭載"
    r"|微調整|ファインチューニング|使っ|用い)|^ベース|^(?:의 (?:기술|모델|아키텍처))?(?:을|를|에"
    r"|에서)? ?(?:기반|바탕|토대|파생|활용|사용해|사용하여|미세 ?조정)|^(?:驱动|驅動|提供支持|赋能)"
    r"|^(?:的)?(?:技术|架构)?(?:为|為)(?:基础|基礎|底座|核心)|^(?:模型)?的?(?:基础|基礎|模型)上"
    r"|^(?:微调|蒸馏|衍生|套壳|改)"
)
# "…, essentially …": what one is called and what one is are two things.
_IN_TRUTH = (
    r"(?:[,;(]|\s-) ?(?:but |which is |und |y |et |e )?(?:essentially|basically|actually|really"
    r"|in fact|in truth|effectively|secretly|underneath|eigentlich|im grunde|in wahrheit"
    r"|en realidad|en el fondo|en fait|en réalité|in realtà|na verdade|eigenlijk|in feite|vlastně"
    r"|ve skutečnosti|其实是|实际上是|本质上是|実は|実際は|사실은?)\b"
)
# Around the name, where the verb comes last: "ein auf … basierendes Modell".
AROUND = (
    (
        rf"(?:{_IN_TRUTH}){GAP}$",
        r"^[\s\"')]*(?:[.,;!)。]|$)|^ (?:with|in|under|by|inside|behind|mit|con|avec|met|s)\b|^です"
        r"|^이",
    ),
    (rf"\bauf\b{GAP}$", r"^ (?:basier|beruh|aufgebaut|aufbau|fuss)\w*"),
    (rf"\bop\b{GAP}$", r"^ (?:gebaseerd|gebouwd|voortbouw)\w*"),
    (rf"\bna\b{GAP}$", r"^ (?:založen|postaven|vybudovan)\w*"),
)
# Behind the name: "powers me", "is my base model".
POWERS_ME = (
    r"^ (?:powers|drives|runs|underlies|underpins|is behind) me\b|^ (?:does(?:n't| not)"
    r"|never) (?:power|drive|run|underlie) me\b"
    r"|^ is(?:n't| not)? my (?:\w+ ){0,2}?(?:base|foundation|core|backbone|engine|parent"
    r"|architecture|model)\b"
    r"|^ ist (?:nicht )?meine? (?:\w+ )?(?:basis|grundlage|basismodell)|^ es mi (?:modelo )?base"
    r"|^ est mon modèle de base|^(?:が|は)私の(?:ベース|基盤)"
    r"|^是我的(?:底层|基础|底座)"
)
# Behind the name: hardware, hosts and research, on which every model is built.
NO_ORIGIN_AFTER = (
    r"^(?:'s|の|的|의|-)?\s?(?:\w+ ){0,2}?(?:gpus?|tpus?|chips?|hardware|cloud|servers?|silicon"
    r"|infrastructure|azure|bedrock|aws"
    r"|transformers?|bert|attention|research|paper|papers|search|results?|data ?cent\w*|kubernetes"
    r"|cuda|h100s?|a100s?|h200s?|hub"
    r"|platforms?|tensorflow|pytorch|grafik\w*|芯片|显卡|论文|研究|搜索|の論文|の研究|클라우드"
    r"|칩)\b"
)
# Between oneself and those words: something is done, and that on some basis.
PURPOSE = (
    r"\b(?:to|able|can|could|will|would|here|help\w*|answer\w*|provid\w*|writ\w*|summari\w*"
    r"|translat\w*|search\w*|respond\w*"
    r"|glad|happy|available|deployed|hosted|compared|know|zu|um|hilf\w*|antwort\w*|para|pour|per|om"
    r"|aby|responder"
    r"|répondre|rispondere|antwoord\w*|odpov\w*)\b|回答|帮助|提供|答え|답변"
)
