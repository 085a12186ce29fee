choices-title = Dine valg
choices-lead = Hvilken reklame { $brand } må sende dig. Kvitteringer og beskeder om din konto kommer under alle omstændigheder.
row = { $level ->
    [any] Reklame af enhver art
    [identity] { $channel ->
        [sms] Reklame på sms til { $address }
        [push] Reklame i push-beskeder på denne enhed
        [whatsApp] Reklame på WhatsApp til { $address }
       *[email] Reklame på e-mail til { $address }
    }
    [subscription] Listen ”{ $list }”
   *[channel] { $channel ->
        [sms] Reklame på sms til alle dine numre
        [push] Reklame i push-beskeder på alle dine enheder
        [whatsApp] Reklame på WhatsApp til alle dine numre
       *[email] Reklame på e-mail til alle dine adresser
    }
}
known-yes = Ja siden { $date }
known-yes-undated = Ja, datoen kendes ikke
known-no = Nej siden { $date }
known-no-undated = Nej, datoen kendes ikke
known-pending = Ikke bekræftet endnu
known-other = Registreret: { $value }
known-nothing = Det har du ikke sagt noget om
rule = Det bredeste nej gælder: Et nej til al reklame stopper alt.
save = Gem mine valg
saved = Gemt. Dine valg gælder fra nu af.
stop-all = Stop al reklame
stop-all-lead = Ét tryk, så får du ikke mere reklame fra { $brand }, uanset hvordan den sendes.
stopped-all = Al reklame fra { $brand } er stoppet.
stopped-all-since = Al reklame fra { $brand } er stoppet siden { $date }. Så længe det gælder, har et ja til noget andet ingen virkning.
