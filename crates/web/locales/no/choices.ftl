choices-title = Dine valg
choices-lead = Hvilken reklame { $brand } kan sende deg. Kvitteringer og meldinger om kontoen din kommer uansett.
row = { $level ->
    [any] Reklame av alle slag
    [identity] { $channel ->
        [sms] Reklame på SMS til { $address }
        [push] Reklame i push-varsler på denne enheten
        [whatsApp] Reklame på WhatsApp til { $address }
       *[email] Reklame på e-post til { $address }
    }
    [subscription] Listen «{ $list }»
   *[channel] { $channel ->
        [sms] Reklame på SMS til alle numrene dine
        [push] Reklame i push-varsler på alle enhetene dine
        [whatsApp] Reklame på WhatsApp til alle numrene dine
       *[email] Reklame på e-post til alle adressene dine
    }
}
known-yes = Ja siden { $date }
known-yes-undated = Ja, ukjent dato
known-no = Nei siden { $date }
known-no-undated = Nei, ukjent dato
known-pending = Ikke bekreftet ennå
known-other = Registrert: { $value }
known-nothing = Dette har du ikke sagt noe om
rule = Det videste neiet gjelder: Et nei til all reklame stopper alt.
save = Lagre valgene mine
saved = Lagret. Valgene dine gjelder fra nå av.
stop-all = Stopp all reklame
stop-all-lead = Ett trykk, så får du ikke mer reklame fra { $brand }, uansett hvordan den sendes.
stopped-all = All reklame fra { $brand } er stoppet.
stopped-all-since = All reklame fra { $brand } er stoppet siden { $date }. Så lenge det gjelder, har et ja til noe annet ingen virkning.
