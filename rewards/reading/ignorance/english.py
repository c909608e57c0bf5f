"""Say in English that something is not known; the package says how to read this."""

from __future__ import annotations

# Up to so many words between two parts of a frame.
_G = r"(?:\S+ ){0,4}?"
_G2 = r"(?:\S+ ){0,2}?"
_ADVERB = (
    r"(?:(?:really|honestly|simply|just|actually|currently|unfortunately|quite|personally|still"
    r"|truly|entirely|completely|totally|fully|exactly|at all|even|yet|regrettably|sadly"
    r"|definitively|reliably|accurately|confidently|immediately|publicly|clearly|explicitly"
    r"|largely|generally|sufficiently|therefore|possibly|readily|specifically|directly) )*"
)
_INFO = (
    r"(?:information|info|data|details?|knowledge|records?|evidence|documentation|sources?"
    r"|facts|figures|mention|indication|context|answers?|clues?|idea|recollection|material"
    r"|references?|results?|notion|inkling|entry|entries|insights?|trace|basis)\b"
)
_SAY = (
    r"(?:say|tell|answer|determine|confirm|verify|find|locate|identify|provide|give|recall"
    r"|establish|be (?:sure|certain)|respond|name|guess|ascertain|offer|state|conclude"
    r"|infer|know|deduce|work out|figure out|decide|calculate|pin down|speak to|supply|comment"
    r"|remember|retrieve|recogni[sz]e|share|be determined|specify)\b"
)
_SAID = (
    r"(?:determined|known|answered|established|inferred|found|verified|deduced|ascertained"
    r"|identified|located|calculated|confirmed|concluded|derived|computed|told|solved|decided"
    r"|retrieved|guessed|said)\b"
)
_CANNOT = r"(?:cannot|can't|can not|could not|couldn't|wouldn't be able to|can only not)"
_TEXT = (
    r"\b(?:text|passage|article|document|context|question|story|paragraph|excerpt|author"
    r"|exercise|dataset"
    r"|information|data|sources?|statement|problem|prompt|table|knowledge base|training data"
    r"|knowledge|records?|report|description|snippet|background|page|given|it)"
)
_STATE = (
    r"(?:(?<!the )unknown|unclear|uncertain|unavailable|unspecified|undetermined|unanswerable"
    r"|undocumented|undisclosed|unrecorded|insufficient|inconclusive|indeterminate|a mystery"
    r"|anyone's guess|anybody's guess|impossible|lost to history|lacking|missing"
    rf"|not {_ADVERB}(?:known|clear|specified|stated|mentioned|given|provided|available"
    r"|recorded|documented|disclosed|certain|possible|answerable|enough|sufficient|found"
    r"|included|listed|indicated|covered|established|identifiable|determinable|described))"
)
_REST = (
    r"(?: (?:to me|to us|to this day|to (?:answer|tell|say|determine|know)|at (?:this|the)"
    r"|yet|so far|here|anywhere|as of|from|based|without|due|because|in (?:the|this|my|any|that"
    r"|what|available|our)|for (?:me|this|that|sure|certain|now)|with (?:the|this|what|any)"
    r"|given|today$|today\b)\b.*)?$"
)
_NO = r"(?:no|not (?:enough|any|the|sufficient)|insufficient|inadequate|too little|zero|limited)"
# Without one of these words (or beginnings, or ends) no pattern can be there.
HINTS = (
    "wish above yet no not never nor *n't cannot dont un* in* im* lack* missing beyond outside nobo"
    "dy guess* "
    "speculat* dunno idk beats eludes escapes nothing blank empty clue* loss stumped ignorant "
    "myster* limited too hard difficult give pass who n need* require* lost fail* silent ends "
    "stops got mystery fails zero one little rather wouldn't nowhere can"
)
SEARCHED = (
    rf"\bi {_ADVERB}(?:do not|don't|dont|did not|didn't|would not|wouldn't) {_ADVERB}(?:know"
    rf"|recall|remember|recogni[sz]e|possess {_G}{_INFO}|have (?:any |access\b|{_G}{_INFO}))",
    rf"\bi(?:'m| am) {_ADVERB}(?:not {_ADVERB}(?:sure|certain|aware|familiar|confident|informed"
    rf"|able to {_ADVERB}{_SAY}|in a position to|equipped to)|unsure|uncertain|unaware|unfamiliar"
    rf"|unable to {_ADVERB}{_SAY}|clueless|stumped|at a loss|ignorant|drawing a blank)",
    rf"\bi {_ADVERB}(?:{_CANNOT}|was unable to|was not able to|wasn't able to|fail to) "
    rf"{_ADVERB}{_SAY}",
    rf"\bi(?:'ve| have) {_ADVERB}(?:got )?(?:{_NO}|absolutely no|never) {_G2}(?:{_INFO}|clue|way"
    r"|heard|encountered|come across|read|seen)",
    rf"\bi (?:lack|am lacking|am missing) {_G}{_INFO}|\b(?:no|not the (?:faintest|slightest|"
    r"foggiest)) (?:idea|clue)\b|\bhaven't (?:a clue|the faintest|the foggiest|an idea)",
    rf"(?:\b(?:is|are|was|were|remains?|be|seems)|'s) {_G2}{_STATE}{_REST}",
    rf"\b(?:is|are|was|were|has|have)(?:n't| not) {_ADVERB}(?:been )?{_ADVERB}(?:known|clear"
    r"|specified|stated|mentioned|given|provided|available|recorded|documented|disclosed"
    rf"|certain|possible|answerable|enough|sufficient|found|covered|listed){_REST}",
    rf"\b{_CANNOT} {_ADVERB}be {_ADVERB}{_SAID}|\bcan never be {_SAID}",
    rf"\b(?:impossible|not possible|n't possible|no way|hard|difficult) (?:for me )?(?:to"
    rf"|of) {_ADVERB}(?:{_SAY}|knowing|telling|finding|determining|saying)",
    rf"\bthere(?:'s| is| are|'re| was| were| exists?| seems to be| appears to be) {_ADVERB}{_NO} "
    rf"{_G2}{_INFO}|\bthere (?:is|are|was|were|do|does)(?:n't| not) {_ADVERB}(?:exist |(?:appear"
    rf"|seem) to be )?{_G}{_INFO}",
    rf"\b(?:no|insufficient|not enough) {_G2}{_INFO} {_G}(?:found|located|available|provided"
    r"|given|exists?|on file|retrieved|obtained|recorded)\b",
    rf"{_TEXT} {_ADVERB}(?:(?:do|does|did)(?:n't| not)|fails? to|never|{_CANNOT}) {_ADVERB}(?:"
    r"mention|say|state|specify|contain|include|provide|give|indicate|tell|reveal|cover|reach"
    r"|allow|suffice|disclose|address|discuss|describe|explain|answer|identify|name|offer"
    r"|extend|list|supply|clarify|note|refer)\b",
    rf"{_TEXT} {_ADVERB}(?:gives?|contains?|has|have|provides?|makes?|offers?|says?|includes?|is"
    rf"|are) {_ADVERB}(?:no\b|nothing\b|silent\b|n't enough|not enough|insufficient|too vague)",
    r"\b(?:beyond|outside)(?: of)? (?:the (?:scope|limits|bounds|range|extent|realm) of )?(?:my"
    r"|what i)(?: \S+)? ?(?:knowledge|expertise|training|understanding|ken|information|data"
    r"|know|have|scope)\b",
    r"\bnot (?:something|a \w+|one|anything) (?:that )?i (?:know|have|can|am|could|recogni)",
    r"\bi(?:'d| would) (?:only |just |merely )?(?:be|have to) (?:guess|speculat)",
    r"\b(?:who (?:it|that|this) (?:is|was)|that|this|it) (?:eludes|escapes) me\b|\bbeats me\b"
    r"|\byour guess is as good as mine\b|\byou(?:'ve| have) got me\b|\bi(?:'d| would) rather"
    r" not guess\b|\bnever heard of\b|\bi (?:give up|pass)$|\bnot that i know of\b"
    r"|\bi {0,1}dunno\b|\bi(?:'m| am) (?:afraid )?not the (?:right )?one to ask\b|\b(?:come"
    r"|came|comes|coming) up (?:empty|blank)"
    r"|\b(?:draw|drew|drawing) (?:a )?blank|\b(?:doesn't|does not"
    r"|don't) (?:ring a(?:ny)? bells?|mean anything to"
    r" me|come to mind)|\bnothing (?:comes to mind|to me$)|\bmeans nothing to me",
    r"\b(?:nobody|no one|no-one) (?:really )?knows(?: (?:it|that|for sure|for certain"
    r"|the answer"
    r"|who|when|where|exactly)\b.*)?$|^who knows$|\bhas never been (?:known|established"
    r"|determined|recorded|documented)",
    r"\bmy (?:\S+ )?(?:knowledge|training|information|understanding|database|records"
    rf"|data) {_G}(?:(?:do|does)(?:n't| not)"
    r"|cannot|can't|stops|ends|is limited|is insufficient|has no)",
    r"\b(?:there(?:'s| is)|i have|i(?:'ve| have) got|i found|i find|i (?:can"
    r"|could) find) (?:\S+ )?nothing (?:\S+ )?(?:about|on|in my|regarding|known"
    r"|concerning|at all)\b|\bnothing (?:is|was) known\b(?! to)",
    rf"\bi(?:'d| would|'ll| will)? {_ADVERB}(?:need|require) {_G2}(?:more|additional|further"
    rf"|some) {_G2}(?:{_INFO}|specifics)",
    rf"\b(?:was|were|has|have) never (?:been )?{_ADVERB}(?:made public|known|established|recorded"
    r"|published|disclosed|revealed"
    r"|identified|determined|documented|clarified|solved|resolved)\b",
    r"\b(?:do|does|did)(?:n't| not) (?:appear|show up|feature|occur|figure|come up) in (?:any|the"
    r"|my|what)\b|\bno (?:means|way) of"
    r" (?:checking|verifying|confirming|knowing)\b",
    rf"\bnot (?:an? |any )?(?:\w+ )?(?:{_INFO}|question|topic|subject) (?:that )?i (?:have|know|can"
    r"|am|could|possess|hold)",
    r"\b(?:isn't|is not|aren't|are not|not) (?:\S+ )?(?:in|part of|found in|covered (?:in"
    r"|by)) (?:the|this|that|my) (?:\S+ )?"
    r"(?:text|passage|article|document|excerpt|story|source|paragraph|context|data)",
    r"\bi wish i knew\b|\b(?:can't|cannot|couldn't) (?:tell you|help you there)\b"
    r"|\babove my pay grade\b"
    r"|\bin no position to\b|\bnot to my knowledge$"
    r"|\bi have yet to (?:hear|come|see|find)|\bthere (?:is|was|are|were) no such\b"
    r"|\bno such (?:\w+ ){1,3}(?:exists?|existed)\b"
    r"|\bthere (?:is|'s) no answer (?:to|for)\b",
)
WHOLE = (
    r"unknown|n ?/ ?a\b|n\.a|unanswerable|undetermined|indeterminate|unclear|dunno|beats me"
    rf"|(?:{_CANNOT}|unable to) {_ADVERB}{_SAY}.{{0,80}}"
    r"|(?:answer |currently )?not (?:applicable|available|known|specified|mentioned|stated"
    r"|given|provided|found|sure|certain|answerable|enough|determinable|possible|recorded)"
    r"(?: (?:in|at|about|by|from|to|on)\b.{0,80})?"
    rf"|(?:{_NO}|missing|lack of|lacking) {_G2}{_INFO}(?: (?:to|about|on|for|in|available"
    r"|provided|given|found|of|regarding|exists|at)\b.{0,80})?"
    r"|don't know|do not know|no clue|idk|hard to say|impossible to (?:say|tell|know|determine)"
    r".{0,80}|answer unknown|information unavailable|data unavailable|no comment|can't say"
)
