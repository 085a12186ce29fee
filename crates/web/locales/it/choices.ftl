choices-title = Le tue scelte
choices-lead = La pubblicità che { $brand } può inviarti. Ricevute e avvisi sul tuo account arrivano in ogni caso.
row = { $level ->
    [any] Pubblicità di qualsiasi tipo
    [identity] { $channel ->
        [sms] Pubblicità via SMS a { $address }
        [push] Pubblicità tramite notifiche push su questo dispositivo
        [whatsApp] Pubblicità su WhatsApp a { $address }
       *[email] Pubblicità via email a { $address }
    }
    [subscription] La lista «{ $list }»
   *[channel] { $channel ->
        [sms] Pubblicità via SMS a qualsiasi tuo numero
        [push] Pubblicità tramite notifiche push su qualsiasi tuo dispositivo
        [whatsApp] Pubblicità su WhatsApp a qualsiasi tuo numero
       *[email] Pubblicità via email a qualsiasi tuo indirizzo
    }
}
known-yes = Sì dal giorno { $date }
known-yes-undated = Sì, data non nota
known-no = No dal giorno { $date }
known-no-undated = No, data non nota
known-pending = Non ancora confermato
known-other = Registrato: { $value }
known-nothing = Su questo non hai ancora detto nulla
rule = Il no più ampio prevale: un no alla pubblicità di qualsiasi tipo blocca tutto.
save = Salva le mie scelte
saved = Salvato. Le tue scelte valgono da ora.
stop-all = Blocca tutta la pubblicità
stop-all-lead = Un clic e non riceverai più pubblicità da { $brand }, con nessun mezzo.
stopped-all = Tutta la pubblicità di { $brand } è bloccata.
stopped-all-since = Tutta la pubblicità di { $brand } è bloccata dal giorno { $date }. Finché resta così, un sì ad altro non ha effetto.
