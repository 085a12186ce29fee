subscribe-title = Aanmelden voor ‘{ $list }’
subscribe-email = Je e-mailadres
subscribe-number = Je telefoonnummer, met landnummer
subscribe-terms = { $channel ->
    [sms] Ja, { $brand } mag mij ‘{ $list }’ per sms sturen. Ik kan op elk moment stoppen door STOP te antwoorden of met de link in een bericht.
   *[email] Ja, { $brand } mag mij ‘{ $list }’ per e-mail sturen. Ik kan me op elk moment afmelden met de link in elk bericht.
}
subscribe-terms-missing = Vink het vakje aan om akkoord te gaan; zonder akkoord sturen we niets.
subscribe = Aanmelden
address-malformed = { $channel ->
    [sms] Naar dit telefoonnummer kunnen we niets sturen. Schrijf het met landnummer, bijvoorbeeld +31 6 12345678.
   *[email] Naar dit e-mailadres kunnen we niets sturen. Ontbreekt er een letter, of staat er een spatie in?
}
check-title = { $channel ->
    [sms] Kijk op je telefoon
   *[email] Kijk in je inbox
}
check-lead = { $channel ->
    [sms] Er is een sms met een link onderweg naar { $address }. Open de link en klik op de knop: pas dan ben je aangemeld.
   *[email] Er is een e-mail met een link onderweg naar { $address }. Open de link en klik op de knop: pas dan ben je aangemeld.
}
check-late = Na een paar minuten nog niets? Kijk bij de spam, controleer het adres of laat het bericht nog een keer sturen.
send-again = Nog een keer sturen
sent-again = Het bericht is nog een keer gestuurd, tenzij het adres er al genoeg had gekregen.
joined-title = Je bent aangemeld
joined-lead = ‘{ $list }’ van { $brand } komt vanaf nu naar { $address }. Je kunt je op elk moment afmelden.
not-open-title = ‘{ $list }’ is niet open
not-open-starts = Je kunt je aanmelden vanaf { $date }.
not-open-ended = Deze lijst is afgelopen.
confirm-title = Aanmelden voor ‘{ $list }’?
confirm-lead = Klik op de knop en { $brand } stuurt ‘{ $list }’ naar { $address }. Heb je hier niet om gevraagd, doe dan niets: dan komt er niets.
confirm-agreed = Hiermee is op { $date } ingestemd:
confirm = Ja, meld me aan
confirm-expired-title = Deze link is verlopen
confirm-expired-lead = Hij is meer dan { $hours } uur geleden aangevraagd. Er is niets vastgelegd. Wil je ‘{ $list }’ nog, vraag dan een nieuwe link aan.
confirm-superseded-title = Niet aangemeld
confirm-superseded-lead = Na deze aanvraag heb je nee gezegd, en dat geldt. Er is niets veranderd. Wil je ‘{ $list }’ toch, kies die dan op de pagina met je keuzes.
confirm-blocked = Je hebt { media } van { $brand } gestopt, dus ‘{ $list }’ krijg je niet op die manier. Dat kun je veranderen op de pagina met je keuzes.
ask-new-link = Nieuwe link aanvragen
taken-title = Genoteerd
taken-lead = ‘{ $list }’ van { $brand } komt vanaf nu naar { $address }. Je kunt je op elk moment afmelden. Is hiervoor al een keuze vastgelegd, dan komt er eerst een bericht met een link, en telt alleen de knop daarachter.
