"""List the abbreviations of the twelve languages by what their full stop can mean.

Keys have no final stop and no spaces: `z. B.` is `z.b`, `av. J.-C.` is `av.j.-c`. Those in small
letters are looked up without case; those written with a capital only as written, since `sen` is a
dream in Czech and `Sen` a senator.
"""

from __future__ import annotations


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


TITLES = _set(
    """
    mr mrs ms messrs dr prof rev Gen Col Capt Cpt Lt Cmdr Sgt Maj Pres Gov Sen Rep Hon Rt
    thos wm chas geo
    Hr Fr Frl Dipl Ing Hl dr.med dr.phil dr.jur dr.h.c rer.nat dr.rer.nat dr.ing
    dra sra sres srs sras srta srtas dña Ud Uds Vd Lic Gral Arq Mons profa Sta Sto Eng Engº exmo
    exma
    ilmo ilma V.Exa Exa D.ª Dª Excmo Excma
    MM mme mmes mlle mlles Mgr Pr
    sig sigg sig.ra sig.na sig.re dott dott.ssa prof.ssa geom avv rag On l'on egr gent gent.mo
    gent.ma
    spett mons ing arch
    mudr judr phdr rndr paeddr mvdr thdr Bc MgA sl
    dhr mevr mej mw drs ds jhr mgr
    """
)
"""Stand before a name."""

TITLES_AND_ENDS = _set("St Ste Mt Sr Jr")
"""Stand before a name (`St. James`, `Sr. García`) or close one (`Main St.`, `King Jr.`)."""

PREFIXES = _set(
    """
    e.g i.e cf viz approx vs
    z.b d.h bzw evtl ggf inkl exkl zzgl vgl sog insb insbes allg ehem entspr i.d.r z.t z.zt
    p.ej aprox p.ex par.ex par.e c.-à-d càd c.à.d
    p.es ad.es cfr
    např tzv tzn tj mj popř resp vč zejm příp nar zemř sv
    incl excl bijv d.w.z m.b.t t.a.v m.a.w i.p.v t.o.v i.v.m o.a evt ong zgn t.g.v
    """
)
"""Are followed by what they belong to."""

BEFORE_NUMBERS = _set(
    """
    no nos nr nrs num núm fig figs vol vols p pp pág pags págs pag pagg art arts artt ch chap chaps
    cap capp kap kapp sec séc secs sect par pt pts eq eqs op ver ed
    bd bde abb abs anm taf tab nn n.º nº tel tél telf ext int č čís čl odst obr str písm roč
    blz afb rn rz ziff hfst hoofdst lid bl kl
    max mind min ca approx env circa ung c est
    u.s u.s.a ff et.al al
    """
)
"""Belong to a number after them (`No. 5`, `max. 5`)."""

BEFORE_NAMES = _set(
    """
    pp av avda bd blvd ul nám tř p.zza p.za v.le c.so pza calle rua trav pç lgo prf
    Fa fam geb cia cía cie
    """
)
"""Stand before the name of a street, a square, a firm or a family."""

ATTRIBUTES = _set(
    """
    u.s u.k u.n e.u u.s.a u.s.s.r ave rd blvd hwy
    mio mrd tsd mld mill mil tis mln mlrd
    u.a o.g u.u
    """
)
"""Go with a following noun in capitals (`U.S. Army`, `2 Mio. Menschen`), but may close as well."""

MAYBE_LAST = _set(
    """
    e.u.a ee.uu u.r.s.s etc inc ltd co corp bros llc plc dept univ est assn govt intl al a.m p.m am
    pm ph.d m.a b.a m.d
    b.sc m.sc m.b.a ll.m d.phil d.c l.a n.y
    jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun
    hr hrs min mins sec secs lb lbs oz ft tbsp tsp yr yrs mo mos wk wks km cm mm kg mg ml sq cu deg
    el tl dl cl gr
    Tex Calif Mass Conn Fla Ga Ill Md Mich Minn Mont Neb Nev Okla Ore Pa Tenn Va Wash Wis Ariz
    usw usf uvm u.v.m e.v u.ä o.ä o.ae u.s.w mwst jh jhd jhdt std sek stk stck ggü bsp gem bes etw
    abk allg lt südl nördl östl westl dt engl frz lat griech max mind ders dies ebd a.d f ff
    ene feb abr may jul ago sept dic lun mié jue vie sáb dom pza s.a s.l s.r.l s.a.s s.p.a s.n.c
    s.r.o a.s v.o.s k.s n.v b.v v.o.f g.m.b.h s.c c.v s.a.r.l q.e.p.d bs.as p.d r.u
    janv févr fév avr juil déc lun mer jeu ven sam dim env hab pers temp ex suiv sqq sq seg segg ss
    jan fev mai set out dez ltda tel
    gen mag giu lug ott dic ecc sec ed
    atd apod aj ap hod kč sb třeb stol cca roč led úno
    enz e.d jl m.i.v a.u.b s.v.p r.s.v.p mrt okt
    ind pag
    uff amm legg consom civ pén trav com proc rur
    """
)
"""May close a sentence: there the case and kind of the next word decide."""

ERAS = _set("v.chr n.chr u.z a.c d.c a.d b.c e.c av.j.-c ap.j.-c apr.j.-c př.n.l n.l př.kr po.kr")
"""Follow a year; `In 52 av. J.-C. César …` is no sentence yet."""

MONTHS = _set(
    """
    jan jän feb febr mär apr jun jul aug sep sept oct okt nov dec dez
    ene abr dic janv févr fév juil déc fev mrt ott giu lug
    """
)
"""Are followed by a day or a year."""

WEEKDAYS = _set(
    """
    Mon Tue Tues Wed Thu Thur Thurs Fri Sat Sun Mo Di Mi Do Fr Sa So
    lun mié jue vie sáb sab dom jeu ven sam dim gio di wo vr za
    """
)
"""Are followed by a date, an hour or a small word."""

MONTHS_THAT_ARE_WORDS = _set("mar set out mag gen ago mei mai may")
"""The same, if a number or `de` stands before them."""

COMPANIES = _set("inc ltd co corp llc plc s.a s.l s.p.a s.r.l n.v b.v a.s s.r.o s.a.r.l ltda")
ARTICLES = _set("the de het een der die das la le el lo il una o a")
COMPANY_PARTS = _set("KG Ltd Inc LLC AG CEO CFO CTO COO President Chairman Corp GmbH SE")
"""What may follow the name of a firm without a new sentence."""

CLOCKS = _set("a.m p.m")
CLOCK_PARTS = _set(
    """
    Eastern Pacific Central Mountain EST PST ET PT CT MT EDT PDT CST CDT MST GMT UTC CET CEST BST
    Monday Tuesday Wednesday Thursday Friday Saturday Sunday
    """
)
"""What may follow the time of day without a new sentence."""

UNITS_OF_TIME = _set(
    """
    days weeks months years hours minutes people tage wochen monate jahre stunden minuten leute
    dagen weken maanden jaar uur mensen dní týdnů měsíců let hodin lidí
    """
)
"""After `Jan.` and a number these say that Jan is a person."""

CITED = _set("article articles art arts l'article d'article annexe code §")
"""Words before a letter that names a kind of law: `article L. 110`."""

LETTERED = _set(
    """
    vitamin vitamins vitamine vitamina vitamín plan plans group grade option part type class team
    hepatitis appendix exhibit section level figure table model case letter gruppe klasse typ teil
    anhang buchstabe groupe classe partie annexe grupo clase tipo parte anexo opción gruppo classe
    opzione allegato skupina třída typ groep klasse bijlage lettre letra lettera
    """
)
"""Nouns that a capital letter follows (`vitamin C`), so that it is no initial."""

LABELS = _set(
    """
    step chapter part section article day week phase rule tip figure table example question level
    schritt kapitel teil abschnitt artikel tag woche regel tipp beispiel frage stufe
    paso capítulo parte sección artículo día semana regla consejo ejemplo pregunta
    étape chapitre partie section article jour semaine règle conseil exemple question
    passo capítulo parte seção secção artigo dia semana regra dica exemplo pergunta
    fase capitolo sezione articolo giorno settimana regola consiglio esempio domanda
    krok kapitola část oddíl článek den týden pravidlo příklad otázka
    stap hoofdstuk deel artikel dag week regel voorbeeld vraag
    الخطوة الفصل الجزء القسم المادة اليوم
    단계
    """
)
"""Words that a number labels at the start of a line: `Step 1. Open the door.`"""

SAYS_NO = _set("is was be said say says answer answered replied que es fue dice dijo digo but or")
"""Words before `no`, which then is the word and not a number's abbreviation."""

SAID = _set(
    """
    said asked cried shouted replied whispered demanda dit répondit cria s'écria murmura preguntó
    dijo gritó exclamó respondió chiese disse gridò rispose perguntou gritou respondeu fragte rief
    sagte antwortete vroeg zei riep antwoordde zeptal zeptala řekl řekla zvolal zvolala
    """
)
"""Verbs that go on after what was asked or cried."""
