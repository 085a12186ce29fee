ask-title = { $level ->
    [any] Ikke mer reklame fra { $brand }
    [identity] Ikke mer { media } fra { $brand } til denne adressen
    [subscription] Meld deg av «{ $list }» fra { $brand }
   *[channel] Ikke mer { media } fra { $brand }
}
ask-lead = { $level ->
    [any] Trykk på knappen, så får du ikke mer reklame, uansett hvordan den sendes. Det gjelder med en gang.
    [identity] Trykk på knappen, så kommer det ikke mer { media } til denne adressen. Det gjelder med en gang.
    [subscription] Trykk på knappen, så får du ikke mer fra denne listen. Det gjelder med en gang.
   *[channel] Trykk på knappen, så får du ikke mer { media }, verken på denne adressen eller på andre du har. Det gjelder med en gang.
}
outdated-lead = Lenken er fra før du sist meldte deg på, så den virket ikke av seg selv. Ingenting er endret. Hvis du vil melde deg av, trykker du på knappen.
undo-lead = Var det ikke meningen?

done-title = Du er meldt av
done-lead = { $level ->
    [any] Fra nå av får du ikke mer reklame fra { $brand }.
    [identity] Fra nå av får du ikke mer { media } fra { $brand } på denne adressen.
    [subscription] Fra nå av får du ikke lenger «{ $list }» fra { $brand }.
   *[channel] Fra nå av får du ikke mer { media } fra { $brand }.
}
out-title = Du er allerede meldt av
out-lead = { $level ->
    [any] Du får ikke reklame fra { $brand }.
    [identity] Du får ikke { media } fra { $brand } på denne adressen.
    [subscription] Du får ikke «{ $list }» fra { $brand }.
   *[channel] Du får ikke { media } fra { $brand }.
}
out-since = Slik har det vært siden { $date }.

undo-ask-title = Angre avmeldingen
undo-ask-lead = Trykk på knappen, så er valget ditt igjen som før du meldte deg av.
undone-title = Angret
undone-lead = Valget ditt er igjen som før du meldte deg av. Du kan fortsatt melde deg av når du vil.
superseded-title = Det er ingenting å angre
superseded-lead = Du har gjort et nyere valg siden, og det gjelder. Ingenting er endret.
proof-title = Dette er en testlenke
proof-lead = Den viser hva en mottaker ville se. Ingenting er registrert.
