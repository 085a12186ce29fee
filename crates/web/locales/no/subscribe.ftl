subscribe-title = Meld deg på «{ $list }»
subscribe-email = E-postadressen din
subscribe-number = Telefonnummeret ditt, med landskode
subscribe-terms = { $channel ->
    [sms] Ja, { $brand } kan sende meg «{ $list }» på SMS. Jeg kan stoppe når som helst ved å svare STOP eller med lenken i en melding.
   *[email] Ja, { $brand } kan sende meg «{ $list }» på e-post. Jeg kan melde meg av når som helst med lenken i hver melding.
}
subscribe-terms-missing = Kryss av i ruten for å samtykke. Uten det sendes ingenting.
subscribe = Meld meg på
address-malformed = { $channel ->
    [sms] Vi kan ikke sende til dette telefonnummeret. Skriv det med landskode, for eksempel +47 406 12 345.
   *[email] Vi kan ikke sende til denne e-postadressen. Mangler det en bokstav, eller er det et mellomrom i den?
}
check-title = { $channel ->
    [sms] Se på telefonen din
   *[email] Se i innboksen din
}
check-lead = { $channel ->
    [sms] En SMS med en lenke er på vei til { $address }. Åpne lenken og trykk på knappen: Først da er du påmeldt.
   *[email] En e-post med en lenke er på vei til { $address }. Åpne lenken og trykk på knappen: Først da er du påmeldt.
}
check-late = Ingenting der etter noen minutter? Se i søppelposten, sjekk adressen, eller få meldingen sendt en gang til.
send-again = Send en gang til
sent-again = Meldingen er sendt en gang til, hvis ikke adressen hadde fått nok allerede.
joined-title = Du er påmeldt
joined-lead = «{ $list }» fra { $brand } kommer fra nå av til { $address }. Du kan melde deg av når som helst.
not-open-title = «{ $list }» er ikke åpen
not-open-starts = Du kan melde deg på fra { $date }.
not-open-ended = Denne listen er avsluttet.
confirm-title = Vil du melde deg på «{ $list }»?
confirm-lead = Trykk på knappen, så sender { $brand } «{ $list }» til { $address }. Hvis du ikke har bedt om det, trenger du ikke å gjøre noe: Da kommer det ingenting.
confirm-agreed = Dette ble det samtykket til { $date }:
confirm = Ja, meld meg på
confirm-expired-title = Lenken er utløpt
confirm-expired-lead = Den ble bestilt for mer enn { $hours } timer siden. Ingenting er registrert. Hvis du fortsatt vil ha «{ $list }», kan du be om en ny lenke.
confirm-superseded-title = Ikke påmeldt
confirm-superseded-lead = Du har sagt nei etter at dette ble bedt om, og det gjelder. Ingenting er endret. Hvis du likevel vil ha «{ $list }», velger du det på siden med valgene dine.
confirm-blocked = Du har stoppet { media } fra { $brand }, så «{ $list }» kommer ikke på den måten. Du kan endre det på siden med valgene dine.
ask-new-link = Be om en ny lenke
taken-title = Notert
taken-lead = «{ $list }» fra { $brand } kommer fra nå av til { $address }. Du kan melde deg av når som helst. Er det allerede lagret et valg, kommer det først en melding med en lenke, og bare knappen bak den teller.
