choices-title = Je keuzes
choices-lead = Welke reclame { $brand } je mag sturen. Bonnen en berichten over je account krijg je altijd.
row = { $level ->
    [any] Reclame van welke soort ook
    [identity] { $channel ->
        [sms] Reclame per sms naar { $address }
        [push] Reclame via pushmeldingen op dit apparaat
        [whatsApp] Reclame via WhatsApp naar { $address }
       *[email] Reclame per e-mail naar { $address }
    }
    [subscription] De lijst ‘{ $list }’
   *[channel] { $channel ->
        [sms] Reclame per sms naar al je nummers
        [push] Reclame via pushmeldingen op al je apparaten
        [whatsApp] Reclame via WhatsApp naar al je nummers
       *[email] Reclame per e-mail naar al je adressen
    }
}
known-yes = Ja, sinds { $date }
known-yes-undated = Ja, datum niet bekend
known-no = Nee, sinds { $date }
known-no-undated = Nee, datum niet bekend
known-pending = Nog niet bevestigd
known-other = Vastgelegd: { $value }
known-nothing = Hierover heb je nog niets gezegd
rule = Het ruimste nee geldt: een nee tegen alle reclame stopt alles.
save = Mijn keuzes opslaan
saved = Opgeslagen. Je keuzes gelden vanaf nu.
stop-all = Alle reclame stoppen
stop-all-lead = Eén klik en je krijgt geen reclame meer van { $brand }, op geen enkele manier.
stopped-all = Alle reclame van { $brand } is gestopt.
stopped-all-since = Alle reclame van { $brand } is gestopt sinds { $date }. Zolang dat zo is, heeft een ja tegen iets anders geen effect.
