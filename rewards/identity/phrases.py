"""List how the twelve languages introduce themselves, deny it, pretend it, and name their maker.

Every table holds regular expressions for text that is folded (NFKC) and casefolded, so "heiße" is
"heisse". They are searched in pieces of a sentence of bounded length, never across one.
"""

from __future__ import annotations

from dataclasses import dataclass

# Assistants that a model may take itself for, and the companies behind them.
OTHER_NAMES = (
    "chat ?gpt", "gpt", "claude", "gemini", "gemma", "bard", "copilot", "llama", "meta ai", "qwen",
    "qwq", "grok", "kimi", "ernie bot", "chatglm", "glm", "doubao", "hunyuan", "nemotron", "jamba",
    "vicuna", "alpaca", "falcon", "olmo", "siri", "alexa", "cortana", "le chat", "exaone", "bixby",
    "クロード", "ジェミニ", "チャット ?gpt", "클로드", "제미나이", "챗 ?gpt", "챗지피티",
    "通义千问", "千问", "文心一言", "豆包", "元宝", "智谱清言", "شات جي بي تي", "جيميني", "كلود",
)  # fmt: skip
OTHER_MAKERS = (
    "open ?ai", "anthropic", "google(?: deepmind)?", "deepmind", "meta", "facebook", "microsoft",
    "alibaba(?: cloud)?", "mistral ai", "xai", "x\\.ai", "nvidia", "amazon", "apple", "baidu",
    "tencent", "bytedance", "moonshot(?: ai)?", "zhipu(?: ai)?", "cohere", "huawei", "samsung",
    "stability ai", "hugging ?face", "ai21(?: labs)?", "naver", "阿里云", "阿里巴巴", "百度",
    "谷歌", "微软", "腾讯", "字节跳动", "月之暗面", "智谱", "グーグル", "マイクロソフト",
    "オープンai", "구글", "마이크로소프트", "네이버", "오픈 ?ai", "جوجل", "غوغل", "مايكروسوفت",
)  # fmt: skip
# These name the assistant and the company alike.
OTHER_BOTH = ("mistral", "deepseek", "perplexity", "深度求索")


@dataclass(frozen=True)
class Phrases:
    """Holds what one language says around a name."""

    heads: str
    """Begins to speak of oneself: "i am", "i was"."""
    negation: str
    """Denies, standing before the head, in it, or between it and the name."""
    filler: str
    """Words that may stand between the head and the name without making it another statement."""
    naming: str = r"(?!)"
    """Ends a longer description so that the name follows: "an assistant called"."""


PHRASES: dict[str, Phrases] = {
    "en": Phrases(
        r"\b(?:i am|i'm|i was|i have been|i've been|i come|my (?:real |full )?name is|my name's"
        r"|i go by|i(?:'m| am) called)\b|(?:^|[,:;.] ?|\b(?:can|may|just|please) )(?:this is"
        r"|call me)\b|\byou(?:'re| are) (?:talking|speaking|chatting) (?:to|with)\b"
        # "As a model made by OpenAI, I …" claims as much as "I am one" does.
        r"|(?:^|[,:;.] ?)as\b(?=[^.!?]{1,100}, ?i\b)|\bi,(?=[^,.!?]{1,40},)",
        r"\b(?:not|never|nor|neither|no longer|[a-z]+n't)\b",
        r"actually|indeed|just|simply|really|still|also|in fact|of course|only|called|named"
        r"|known as"
        r"|the|an?|your|ai|language|large|model|assistant|chatbot|virtual|helpful|friendly|llm|bot"
        r"|based on|built on|powered by|version of|variant of|part of|member of",
        r"\b(?:called|named|known as|by the name of|(?:whose|my) name is)",
    ),
    "de": Phrases(
        r"\b(?:ich (?:bin|wurde|heisse|stamme|komme)|mein name ist|ich werde|man nennt mich"
        r"|nenn(?:en sie)? mich|wurde ich|bin ich)\b"
        r"|(?:^|[,:;.] ?)als\b(?=[^.!?]{1,100}\bich\b)",
        r"\b(?:nicht|kein(?:e[rnms]?)?|nie|niemals|weder)\b",
        r"eigentlich|wirklich|tatsächlich|natürlich|nur|einfach|genannt|der|die|das|ein|eine|dein"
        r"|ki|assistent|ki-assistent|sprachmodell|modell|chatbot",
        r"\b(?:namens|genannt|mit (?:dem )?namen|mein name ist)",
    ),
    "es": Phrases(
        r"\b(?:soy|fui|he sido|me llamo|mi nombre es|mi nombre no es|me llaman|llámame)\b"
        r"|(?:^|[,:;.] ?)como\b(?= una? )",
        r"\b(?:no|nunca|jamás|tampoco|ni)\b",
        r"en realidad|realmente|solo|simplemente|el|la|un|una|tu|asistente|modelo|ia|de|lenguaje",
        r"\b(?:llamad[oa]|de nombre|me llamo)",
    ),
    "fr": Phrases(
        r"\b(?:je (?:ne )?suis|j'ai été|je n'ai (?:pas|jamais) été|je (?:ne )?m'appelle"
        r"|mon nom (?:n'est|est)|appelle[sz]?[- ]moi|on m'appelle)\b"
        r"|\ben tant qu(?:e\b|')",
        r"\b(?:ne|n'(?=est|ai)|pas|jamais|aucunement|point)",
        r"en fait|vraiment|simplement|bien|le|la|un|une|l'|votre|ton|assistant|modèle|ia|de"
        r"|langage",
        r"\b(?:appelée?|nommée?|du nom de|je m'appelle)",
    ),
    "pt": Phrases(
        r"\b(?:sou|fui|me chamo|chamo-me|meu nome (?:não )?é)\b"
        r"|(?:^|[,:;.] ?)como\b(?= uma? )",
        r"\b(?:não|nunca|jamais|nem)\b",
        r"na verdade|realmente|apenas|simplesmente|o|a|um|uma|seu|assistente|modelo|ia|de"
        r"|linguagem",
        r"\b(?:chamad[oa]|de nome|me chamo)",
    ),
    "cs": Phrases(
        r"\b(?:(?:ne)?jsem|(?:ne)?jmenuj[iu] se|(?:moje jméno|mé jméno) (?:je|není)"
        r"|(?:ne)?byla? jsem|(?:ne)?byl[ao]? jsem)\b",
        r"\b(?:nejsem|nejmenuj[iu]|není|nebyla?|nikdy|nikoliv?|ani)\b",
        r"vlastně|opravdu|skutečně|jen|prostě|ten|ta|váš|tvůj|asistent|model|jazykový|ai|byla?",
        r"\b(?:jménem|zvaný|s názvem|jmenuji se)",
    ),
    "it": Phrases(
        # "sono" is also "they are": only at the start of a clause or behind "io".
        r"\b(?:io (?:non )?sono|mi chiamo|il mio nome (?:non )?è|sono stat[oa]|chiamami)\b"
        r"|(?:^|[,:;.!?] ?)(?:(?:sì|no|ma|e|infatti|certo|in realtà) )?(?:non )?sono\b"
        r"|\bin quanto\b|(?:^|[,:;.] ?)come\b(?= un[oa]? )",
        r"\b(?:non|mai|né)\b",
        r"in realtà|davvero|semplicemente|solo|il|lo|la|l'|un|una|tuo|assistente|modello|ia|di",
        r"\b(?:chiamat[oa]|di nome|mi chiamo)",
    ),
    "nl": Phrases(
        r"\b(?:ik (?:ben|heet|werd)|mijn naam is|noem me|ben ik|werd ik)\b"
        r"|(?:^|[,:;.] ?)als\b(?=[^.!?]{1,100}\bik\b)",
        r"\b(?:niet|nooit|geen|noch)\b",
        r"eigenlijk|echt|gewoon|alleen|de|het|een|je|jouw|ai|ai-assistent|assistent|taalmodel"
        r"|model",
        r"\b(?:genaamd|met de naam|mijn naam is|die .{1,12} heet)",
    ),
    "ja": Phrases(
        r"(?:私|わたし|わたくし|僕|ぼく|俺|自分)(?:の(?:名前|名))?(?:は|が)|名前は|当方は",
        r"(?!)",
        r"、|実は|もちろん|ai|アシスタントの?|言語モデルの?|aiアシスタントの?",
        r"(?:の|した|する|った|という|、|である)",
    ),
    "ko": Phrases(
        r"(?:저는|나는|전|난|제 이름은|내 이름은|저의 이름은)(?=[\s,])",
        r"(?!)",
        r"사실|바로|ai|인공지능|언어|모델|어시스턴트|챗봇|비서",
        r"(?:인|의|한|든|라는|된)",
    ),
    "zh": Phrases(
        r"我(?:其实|實際上|实际上)?(?:并|並|绝|可|才)?(?:不是|是|并非|非|不叫|叫做?|名叫|乃)"
        r"|我的名字(?:不)?(?:是|叫)|我被称为|作为(?=[^。!?]{1,60}我)",
        r"(?:不|非|没)",
        r"一个|一個|名为|叫做?|ai|人工智能|智能|语言|大|模型|助手|,|、",
        r"(?:的|名为|名叫|叫做?|模型|助手)",
    ),
    "ar": Phrases(
        r"(?<!\w)(?:أنا|إنني|إني|اسمي|لست|تم)(?!\w)",
        r"(?<!\w)و?(?:لست|ليس|لا|لم|لن)(?!\w)",
        r"في الحقيقة|فعلا|فقط|هو|نموذج|مساعد|ذكاء|اصطناعي|الذكاء|الاصطناعي|لغوي|المساعد|النموذج",
        r"(?:يدعى|اسمه|يسمى|اسمي|باسم)",
    ),
}

# Behind the name: what takes the statement back, in languages whose verb comes last.
DENIED_AFTER = (
    r"^\s*(?:(?:(?!\b(?:und|en|aber|maar)\b)[^,.!?]){0,12}?\b(?:nicht|niet)\b|(?:では|じゃ|とは"
    r"|で)(?:ありません|ない|なく"
    r"|あり?ませ)"
    r"|\s?(?:이|가|은|는)?\s?(?:아닙니다|아니|아녜요))"
)
# Behind the name: it was a question, or about something that belongs to the name.
NO_CLAIM_AFTER = (
    r"^[\s\"'*)]*[?؟]|^(?:です|でしょう)?か(?:[?。]|$)|^\s?(?:입니까|인가요|일까요|이에요\?|예요\?)"
    r"|^[吗嗎]|^'s\b|^-(?!\d)\w|^(?:の|의|的)"
    r"|^(?:だ|である)?と(?:言われ|思われ|聞かれ|誤解|間違)|^(?:이?라고) ?(?:생각|오해|착각)"
    r"|^ (?:user|fan|expert|rival|competitor|alternative|clone|developer|engineer|employee|customer"
    r"|wrapper|killer|or not\b)"
)
# What follows "Google's": whoever belongs to a company in this way was not made by it.
NOT_MADE_AFTER = (
    r"^(?:'s|的|の|의)\s?(?:\w+ )?(?:competitor|rival|user|fan|customer|enemy|critic|竞争|对手|用户"
    r"|粉丝|競合|ユーザー|경쟁|사용자)"
)
# Earlier in the sentence: what follows is imagined or played.
UNREAL = (
    r"\b(?:pretend|imagin|suppos|hypothetical|role-?play|fiction|play(?:ing)? (?:the )?(?:role"
    r"|part)"
    r"|acting as|in character|as if\b|as though\b|let's say|if i\b|in (?:the|this|a|my) (?:story"
    r"|play"
    r"|game|scene|novel|role)|stell dir vor|tun wir so|tu so|angenommen|rollenspiel|als ob"
    r"|in der geschichte|imagina|finge|finja|fingi|supongamos|suponha|supponiamo|juego de rol"
    r"|como si"
    r"\b|como se\b|come se\b|comme si|faisons semblant|jeu de rôle|dans l'histoire|faz de conta"
    r"|facciamo finta|immagina|gioco di ruolo|stel je voor|doe alsof|alsof|stel dat|rollenspel"
    r"|představ|předstír|jako bych|kdybych|hra na)|ふり|仮に|もし|ロールプレイ|想像|仮定|척하|가정"
    r"|만약"
    r"|역할극|상상|假装|假设|如果|想象|扮演|假如|تخيل|لنفترض|تظاهر|(?<!\w)لو(?!\w)|كأن"
)
# Earlier in the clause: what follows is what others say, or ask.
REPORTED = (
    r"\b(?:you|he|she|they|it|who|people|users?|someone|some|others|many|everyone|prompt|message)\b"
    r"(?: \w+){0,2} (?:sa(?:y|ys|id)|th(?:ink|inks|ought)|claim(?:s|ed)?|believe[sd]?|ask(?:s|ed)?"
    r"|wrote|writes|calls?|called|assume[sd]?|told|suggest(?:s|ed)?|mistake)\b"
    r"|\b(?:if|whether|ob|jestli|zda)\b|\b(?:du|er|sie|man|jemand|nutzer) (?:sag|denk|mein|behaupt"
    r"|frag"
    r"|glaub)|\b(?:dic(?:es?|en|i|ono)|dijo|piens\w+|creen?|pregunt\w+|diz(?:em)?|disse|pensa\w*"
    r"|acha\w*"
    r"|pensano) (?:que|che|si|se)\b|\b(?:dis|dit|disent|penses?|pensent|demandes?) (?:que|si)\b"
    r"|\b(?:si|se)\b|\b(?:je|u|men|iemand) (?:zegt?|denkt?|vraagt?)\b|\břík"
    r"|[你他她](?:们)?(?:说|问|以为|认为)|有人(?:说|问|以为|认为)|(?<!\w)(?:هل|قلت|يقول|تظن"
    r"|يعتقد)(?!\w)"
)

# Making, in any of the languages; stems, since all of them inflect.
MADE = (
    r"\b(?:made|built|creat|develop|train|design|produc|program|engineer|invent|releas|fine-tun"
    r"|launch"
    r"|come\b|entwickel|gemacht|gebaut|erschaffen|geschaffen|erstellt|stamme|komme|cread"
    r"|desarrollad"
    r"|hech[oa]|entrenad|diseñad|criad|desenvolvid|feit[oa]|treinad|sviluppat|fatt[oa]|addestrat"
    r"|realizzat|progettat|créé|développé|conçu|entraîné|vytvořen|vyvinut|natrénován|stvořen"
    r"|navržen"
    r"|gemaakt|gebouwd|ontwikkeld|getraind|ontworpen)|作|開発|訓練|製作|構築|제작|만들|만든|개발"
    r"|훈련|학습"
    r"|开发|開發|创造|創造|训练|訓練|制造|制作|打造|推出|研发|研發|طور|صنع|أنشأ|إنشا|درب|تدريب"
    r"|تطوير|صمم"
)
# The word before whoever did it.
BY = (
    r"\b(?:by|from|at|von|bei|durch|por|pel[ao]s?|par|chez|da|dal|dalla|dall'|door|od|společností"
    r"|firmou)(?: (?:the|der|die|das|la|le|el|het|společnosti|firmy)?"
    r" ?(?:(?:team|people|research\w*|engineers|company|firma|empresa|azienda|société|bedrijf)"
    r"(?: (?:at|of|from|von|bei|de|da|di|van))?)?)?|\bdall'|由|来自|來自"
    r"|(?<!\w)(?:من|من قبل|بواسطة|لدى)(?: شركة)?(?!\w)"
)
# A noun or the own name right before that word says as much as a participle would.
MODEL_NOUN = (
    r"(?:model|assistant|chatbot|ai|llm|system|modell|sprachmodell|assistent|modelo|modèle|ia)"
)
# Verb behind the maker: "ibm made me", "ibmが開発した".
MADE_ME_AFTER = (
    r"^(?:'s \w+)?(?: (?:who|that|which))?(?: (?:has|have|had))?"
    r" (?:made|built|created|developed|trained|designed|programmed|released)(?: and \w+)? me\b"
    r"|^(?:'s \w+)? is my (?:maker|creator|developer|manufacturer|parent company)\b"
    r"|^ (?:hat mich|(?:entwickelte|schuf|baute|trainierte) mich|me (?:creó|desarrolló|hizo"
    r"|entrenó|diseñó"
    r"|ha |criou|desenvolveu|fez|treinou)|criou-me|m'a |m'ont |mi ha |heeft (?:mij|me) "
    r"|mě (?:vytvoř"
    r"|vyvinu|natrén))|^(?:社)?(?:が|によって|により|に)(?:私を)?(?:作|開発|製作|構築|訓練|生み"
    r"|제작)"
    r"|^\s?(?:이|가|에서|에 의해)\s?(?:저를|나를)?\s?(?:만들|만든|개발|훈련|학습|제작)"
    r"|^(?:公司)?(?:开发|開發|创造|創造|训练|訓練|制造|制作|打造|研发|研發)了?我"
    r"|^ (?:طورتني|صنعتني|أنشأتني|دربتني|طورني|صنعني)"
)
# Verb or noun before the maker: "my maker is ibm", "vytvořila mě ibm".
MADE_ME_BEFORE = (
    r"(?:\bmy (?:\w+ )?(?:maker|creator|developer|manufacturer|provider|company)s? (?:is|are|was)"
    r"|\bmein\w* (?:schöpfer|entwickler|hersteller|ersteller)\w* (?:ist|sind|heisst)|\bmich hat"
    r"|\bmi (?:creador|desarrollador|fabricante)\w* (?:es|son)|\bme (?:creó|desarrolló|hizo"
    r"|entrenó)"
    r"|\bmon (?:créateur|développeur|concepteur|fabricant) est|\bmeu (?:criador|desenvolvedor) é"
    r"|\bil mio (?:creatore|sviluppatore|produttore) è|\bmi ha (?:creato|sviluppato|fatto)"
    r"|\bmijn (?:maker|ontwikkelaar|schepper) is|\bmůj (?:tvůrce|výrobce|vývojář) je"
    r"|\b(?:vytvořil|vyvinul|natrénoval)\w? (?:mě|mne)|私(?:の(?:開発者|作成者|開発元|製作者)"
    r"|を作ったの)は"
    r"|(?:제|저의|나의) (?:개발사|개발자|제작자)(?:은|는)|(?:저를|나를) 만든 (?:것은|곳은|회사는)"
    r"|我的(?:开发者|创造者|制造商|开发商|开发公司)是|(?:开发|创造|制造)我的(?:公司)?是"
    r"|(?:مطوري|صانعي|منشئي)(?: هو| هي)?|(?:طورتني|صنعتني|أنشأتني|دربتني)(?: شركة)?)"
)
# Between oneself and the maker: the sentence has turned to something else.
ASIDE = (
    r"\b(?:about|than|like|unlike|with|talk|discuss|using|used|compar\w+|similar|interested|aware"
    r"|sure"
    r"|know|über|als|wie|sobre|como|sur|comme|come|over|zoals)\b|について|关于|(?<!\w)عن(?!\w)"
)
# Between two names of a list.
LIST_JOINT = (
    r"\s*(?:,?\s*(?:and|or|und|oder|et|ou|nebo|y|of|en|e|o|a|و|أو)\s+(?:the |an? )?|[,/&+、，]\s*"
    r"|と|や|または|和|或者?|及|와|과|및|또는)\s*"
)
# The same, of names only.
ALIAS_JOINT = (
    r",?\s*(?:(?:also|better|formerly|previously) )?(?:known as|called|aka|a\.k\.a\.) (?:the )?"
)
LIST_END = (
    r"^[\s*\"')]*(?:[.,;:!?。、]|$|です|だ|でも|입니다|이다|at (?:once|the same time)|too\b|both\b)"
)
# Who speaks in a script: their lines are not ours.
OTHER_SPEAKER = r"(?:user|human|person|question|q|nutzer|usuario|utilisateur|用户|ユーザー|사용자)"
# What may precede an answer without a subject ("Yes, made by IBM.").
OPENING = r"(?:yes|no|answer|well|sure|i see|ja|nein|sí|oui|non|sim|ano|ne|sì|nee|はい|네|是的|نعم)"
