subscribe-title = Prenumerera på ”{ $list }”
subscribe-email = Din e-postadress
subscribe-number = Ditt telefonnummer, med landsnummer
subscribe-terms = { $channel ->
    [sms] Ja, { $brand } får skicka ”{ $list }” till mig via sms. Jag kan sluta när som helst genom att svara STOP eller med länken i ett meddelande.
   *[email] Ja, { $brand } får skicka ”{ $list }” till mig via e-post. Jag kan avregistrera mig när som helst med länken i varje meddelande.
}
subscribe-terms-missing = Kryssa i rutan för att samtycka; utan det skickas inget.
subscribe = Prenumerera
address-malformed = { $channel ->
    [sms] Vi kan inte skicka till det här telefonnumret. Skriv det med landsnummer, till exempel +46 70 174 06 05.
   *[email] Vi kan inte skicka till den här e-postadressen. Saknas en bokstav, eller finns det ett mellanslag i den?
}
check-title = { $channel ->
    [sms] Titta i telefonen
   *[email] Titta i inkorgen
}
check-lead = { $channel ->
    [sms] Ett sms med en länk är på väg till { $address }. Öppna länken och tryck på knappen: först då prenumererar du.
   *[email] Ett mejl med en länk är på väg till { $address }. Öppna länken och tryck på knappen: först då prenumererar du.
}
check-late = Inget där efter några minuter? Titta i skräpposten, kontrollera adressen eller få det skickat en gång till.
send-again = Skicka en gång till
sent-again = Det har skickats en gång till, om adressen inte redan hade fått nog.
joined-title = Du prenumererar
joined-lead = ”{ $list }” från { $brand } kommer från och med nu till { $address }. Du kan avregistrera dig när som helst.
not-open-title = ”{ $list }” är inte öppen
not-open-starts = Du kan prenumerera från och med { $date }.
not-open-ended = Listan har avslutats.
confirm-title = Prenumerera på ”{ $list }”?
confirm-lead = Tryck på knappen så skickar { $brand } ”{ $list }” till { $address }. Om du inte har bett om det behöver du inte göra något: då kommer inget.
confirm-agreed = Det här godkändes { $date }:
confirm = Ja, jag vill prenumerera
confirm-expired-title = Länken har gått ut
confirm-expired-lead = Den begärdes för mer än { $hours } timmar sedan. Inget har sparats. Om du fortfarande vill ha ”{ $list }” kan du begära en ny länk.
confirm-superseded-title = Ingen prenumeration
confirm-superseded-lead = Du har sagt nej efter att det här begärdes, och det gäller. Inget har ändrats. Om du ändå vill ha ”{ $list }” väljer du det på sidan med dina val.
confirm-blocked = Du har stoppat { media } från { $brand }, så ”{ $list }” kommer inte på det sättet. Du kan ändra det på sidan med dina val.
ask-new-link = Begär en ny länk
taken-title = Noterat
taken-lead = ”{ $list }” från { $brand } kommer från och med nu till { $address }. Du kan avregistrera dig när som helst. Finns det redan ett sparat val kommer först ett meddelande med en länk, och då räknas bara knappen bakom den.
