ask-title = { $level ->
    [any] Ikke mere reklame fra { $brand }
    [identity] Ikke mere { media } fra { $brand } til denne adresse
    [subscription] Afmeld ”{ $list }” fra { $brand }
   *[channel] Ikke mere { media } fra { $brand }
}
ask-lead = { $level ->
    [any] Tryk på knappen, så får du ikke mere reklame, uanset hvordan den sendes. Det gælder med det samme.
    [identity] Tryk på knappen, så kommer der ikke mere { media } til denne adresse. Det gælder med det samme.
    [subscription] Tryk på knappen, så får du ikke mere fra denne liste. Det gælder med det samme.
   *[channel] Tryk på knappen, så får du ikke mere { media }, hverken på denne adresse eller på andre af dine. Det gælder med det samme.
}
outdated-lead = Linket er fra før din seneste tilmelding, så det har ikke virket af sig selv. Intet er ændret. Hvis du vil afmelde dig, så tryk på knappen.
undo-lead = Var det ikke meningen?

done-title = Du er afmeldt
done-lead = { $level ->
    [any] Fra nu af får du ikke mere reklame fra { $brand }.
    [identity] Fra nu af får du ikke mere { media } fra { $brand } på denne adresse.
    [subscription] Fra nu af får du ikke længere ”{ $list }” fra { $brand }.
   *[channel] Fra nu af får du ikke mere { media } fra { $brand }.
}
out-title = Du er allerede afmeldt
out-lead = { $level ->
    [any] Du får ikke reklame fra { $brand }.
    [identity] Du får ikke { media } fra { $brand } på denne adresse.
    [subscription] Du får ikke ”{ $list }” fra { $brand }.
   *[channel] Du får ikke { media } fra { $brand }.
}
out-since = Sådan har det været siden { $date }.

undo-ask-title = Fortryd din afmelding
undo-ask-lead = Tryk på knappen, så er dit valg igen det samme som før din afmelding.
undone-title = Fortrudt
undone-lead = Dit valg er igen det samme som før din afmelding. Du kan stadig afmelde dig, når du vil.
superseded-title = Der er intet at fortryde
superseded-lead = Du har truffet et nyere valg siden da, og det gælder. Intet er ændret.
proof-title = Dette er et testlink
proof-lead = Det viser, hvad en modtager ville se. Intet er registreret.
