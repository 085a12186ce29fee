subscribe-title = Tilmeld dig ”{ $list }”
subscribe-email = Din e-mailadresse
subscribe-number = Dit telefonnummer, med landekode
subscribe-terms = { $channel ->
    [sms] Ja, { $brand } må sende mig ”{ $list }” på sms. Jeg kan stoppe det når som helst ved at svare STOP eller med linket i en besked.
   *[email] Ja, { $brand } må sende mig ”{ $list }” på e-mail. Jeg kan afmelde mig når som helst med linket i hver besked.
}
subscribe-terms-missing = Sæt kryds i feltet for at give samtykke; uden det sendes der ikke noget.
subscribe = Tilmeld
address-malformed = { $channel ->
    [sms] Vi kan ikke sende til dette telefonnummer. Skriv det med landekode, for eksempel +45 32 12 34 56.
   *[email] Vi kan ikke sende til denne e-mailadresse. Mangler der et bogstav, eller er der et mellemrum i den?
}
check-title = { $channel ->
    [sms] Se på din telefon
   *[email] Se i din indbakke
}
check-lead = { $channel ->
    [sms] En sms med et link er på vej til { $address }. Åbn linket, og tryk på knappen: Først da er du tilmeldt.
   *[email] En e-mail med et link er på vej til { $address }. Åbn linket, og tryk på knappen: Først da er du tilmeldt.
}
check-late = Er der ikke kommet noget efter nogle minutter? Se i spam, tjek adressen, eller få beskeden sendt en gang til.
send-again = Send en gang til
sent-again = Beskeden er sendt en gang til, medmindre adressen allerede havde fået nok.
joined-title = Du er tilmeldt
joined-lead = ”{ $list }” fra { $brand } kommer fra nu af til { $address }. Du kan afmelde dig når som helst.
not-open-title = ”{ $list }” er ikke åben
not-open-starts = Du kan tilmelde dig fra { $date }.
not-open-ended = Listen er afsluttet.
confirm-title = Vil du tilmelde dig ”{ $list }”?
confirm-lead = Tryk på knappen, så sender { $brand } ”{ $list }” til { $address }. Hvis du ikke har bedt om det, skal du ikke gøre noget: Så kommer der ikke noget.
confirm-agreed = Dette blev der givet samtykke til { $date }:
confirm = Ja, tilmeld mig
confirm-expired-title = Linket er udløbet
confirm-expired-lead = Der blev bedt om det for mere end { $hours } timer siden. Intet er registreret. Hvis du stadig vil have ”{ $list }”, så bed om et nyt link.
confirm-superseded-title = Ikke tilmeldt
confirm-superseded-lead = Du har sagt nej, efter at der blev bedt om dette, og det gælder. Intet er ændret. Hvis du alligevel vil have ”{ $list }”, så vælg det på siden med dine valg.
confirm-blocked = Du har stoppet { media } fra { $brand }, så ”{ $list }” kommer ikke på den måde. Det kan du ændre på siden med dine valg.
ask-new-link = Bed om et nyt link
taken-title = Noteret
taken-lead = ”{ $list }” fra { $brand } kommer fra nu af til { $address }. Du kan afmelde dig når som helst. Er der allerede gemt et valg, kommer der først en besked med et link, og kun knappen bag det tæller.
