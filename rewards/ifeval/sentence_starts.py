"""List the function words that open sentences, and what only an ordinal's noun can be."""

from __future__ import annotations


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


STARTERS = _set(
    """
    The A An He She It They We I You This That These Those There Here His Her Its Their Our My Your
    In On At By For From With Without To Of As And But Or So Yet If When While After Before Since
    Because Although Though However Then Thus Therefore Also Still Now Once Until Unless What Who
    How Why Where Which Today Tomorrow Yesterday Later Finally Meanwhile Instead Perhaps Maybe Yes
    Not Nobody Everyone Everybody Someone Some Many Most All Each Every Both Another Such Just Even
    Only During Despite Please Nothing Everything Never Always Is Are Was Were Do Does Did Can
    Let Let's It's He's She's I'm We're They're That's There's Don't

    Der Die Das Er Sie Es Wir Ihr Ich Du Ein Eine Einer Dies Diese Dieser Dieses Dort Hier Dann
    Danach Daher Deshalb Doch Und Aber Oder Denn Wenn Als Nachdem Bevor Weil Obwohl Auch Heute
    Morgen Gestern Später Im Am Um Auf Mit Von Nach Bei Für Ohne Zu Zum Zur Seit Bis Was Wer Wie
    Warum Wo Ja Nein Nicht Niemand Jeder Alle Man Sein Seine Ihre Mein Meine Unser Unsere Kein Keine
    Jetzt So Damit Dabei Dafür Dazu Außerdem Zusammen Zuerst Schließlich Vielleicht Trotzdem Nun Nur

    El Los Las Lo Él Ella Ello Ellos Ellas Yo Tú Nosotros Un Una Unos Unas Este Esta Esto Estos Ese
    Esa Eso Aquel Su Sus Mi Mis Tu Nuestro Nuestra En Con Sin Por Para Desde Hasta Pero Y O Si
    Cuando Mientras Después Antes Luego Entonces Ahora Hoy Ayer Mañana También Tampoco Aunque Porque
    Como Qué Quién Dónde Cómo Sí Nadie Todo Todos Me Te Se Le Nos Les Allí Aquí Además Finalmente No

    Le La Les Il Elle On Ils Elles Je Nous Vous Ce Cet Cette Ces C'est Cela Ça Une Des Son Sa Ses
    Mon Ma Mes Leur Leurs Notre Votre Dans Avec Sans Pour Par Sur Sous Chez Mais Et Ou Donc Or Ni
    Car Quand Lorsque Pendant Après Avant Puis Ensuite Alors Maintenant Aujourd'hui Hier Demain
    Aussi Si Que Qui Où Comment Pourquoi Oui Non Personne Tout Tous Depuis Enfin Ainsi Cependant

    O Os As Ele Ela Eles Elas Eu Nós Você Vocês Um Uma Isso Isto Aquilo Seu Sua Seus Suas Meu Minha
    Em No Na Nos Nas Com Sem Mas E Ou Se Quando Enquanto Depois Antes Então Agora Hoje Ontem Amanhã
    Também Embora Porque Quem Onde Sim Não Ninguém Tudo Todos Ali Lá Aqui

    I Gli Lo Lui Lei Loro Io Noi Voi Uno Questo Questa Questi Quello Quella Suo Sua Nel Nella Nei
    Con Senza Per Da Dal Dalla Su Sul Ma Ed O Se Quando Mentre Dopo Prima Poi Allora Ora Adesso Oggi
    Ieri Domani Anche Perché Che Chi Dove Come Sì Nessuno Tutto Tutti È Sono Non Infine Inoltre

    On Ona Ono Oni Já Ty My Vy Ten Ta To Ti Tento Tato Toto Tam Tady Zde Potom Pak Proto Ale Nebo
    Když Protože Ačkoli Také Dnes Včera Zítra Nyní Teď Kdo Co Kde Jak Proč Ano Ne Nikdo Všichni Vše
    Jeho Její Jejich Můj Můj Náš V Ve Na Do Po Před Za Při Od Pro S Se Ke

    De Het Een Hij Zij Ze Wij We Jij Je Ik U Jullie Dit Dat Deze Die Daar Hier Toen Dan Daarna
    Daarom Maar En Of Want Als Wanneer Terwijl Nadat Voordat Omdat Hoewel Ook Vandaag Gisteren
    Morgen Nu Wat Wie Hoe Waarom Waar Ja Nee Niet Niemand Iedereen Alle Zijn Haar Hun Mijn Ons Onze
    In Op Aan Met Zonder Voor Van Naar Bij Er Geen Men Later Eindelijk Misschien
    """
)
"""Capitalised words that open a sentence and are hardly ever part of a name."""

DETERMINERS = _set(
    """
    der die das dem den des am im vom zum zur beim ans ins aufs ein eine einen einem einer eines
    sein seine seinen seinem seiner seines ihr ihre ihren ihrem ihrer ihres mein meine meinen meinem
    meiner dein deine deinen deinem deiner unser unsere unseren unserem unserer euer eure jeder jede
    jedes jeden jedem dieser diese dieses diesen diesem kein keine keinen keinem und
    """
)
"""German words that an ordinal follows: `der 2. Weltkrieg`."""

ORDINAL_NOUNS = _set(
    """
    Weltkrieg Weltkriegs Jahrhundert Jahrhunderts Platz Stock Etage Klasse Mal Tag Woche Monat Jahr
    Kapitel Teil Runde Halbzeit Minute Sinfonie Symphonie Auflage Geburtstag Liga Bundesliga Stufe
    Semester Quartal Stelle Rang Person Spieltag Saison Staffel Folge Akt Szene Satz Division Armee
    Wahlgang Lebensjahr Jahrestag Hochzeitstag Geburtstags Advent Januar Februar März April Mai Juni
    Juli August September Oktober November Dezember Jän Feb Mär Apr Jun Jul Aug Sep Sept Okt Nov Dez
    Jan Jh Jhd Instanz Halbjahr Halbjahres Trimester Grad Grades Ebene Reihe Gang Versuch Anlauf
    Schritt Fassung Ausgabe Obergeschoss OG Untergeschoss UG Bezirk Mannschaft Hälfte
    """
)
"""German nouns that go with an ordinal, whatever stands before it: `Mozarts 41. Sinfonie`."""

OPENING_PREPOSITIONS = _set(
    """
    in im um ab seit bis vor gegen en hacia dans vers nel verso em v ve roku kolem rond omstreeks
    around about by circa al alrededor
    """
)
"""Words that open a phrase with a year: `In 52 av. J.-C. César …`."""
