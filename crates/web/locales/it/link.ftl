ask-title = { $level ->
    [any] Non ricevere più pubblicità da { $brand }
    [identity] Non ricevere più { media } da { $brand } a questo indirizzo
    [subscription] Annulla l’iscrizione a «{ $list }» di { $brand }
   *[channel] Non ricevere più { media } da { $brand }
}
ask-lead = { $level ->
    [any] Premi il pulsante e non riceverai più pubblicità, con nessun mezzo. Ha effetto subito.
    [identity] Premi il pulsante e a questo indirizzo non arriverà più { media }. Ha effetto subito.
    [subscription] Premi il pulsante e da questa lista non arriverà più nulla. Ha effetto subito.
   *[channel] Premi il pulsante e non riceverai più { media }, né a questo né ad altri tuoi indirizzi. Ha effetto subito.
}
outdated-lead = Questo link è precedente alla tua ultima iscrizione, perciò non ha agito da solo. Non è cambiato nulla. Se vuoi annullare l’iscrizione, premi il pulsante.
undo-lead = Non era quello che volevi?

done-title = Iscrizione annullata
done-lead = { $level ->
    [any] Da ora non riceverai più pubblicità da { $brand }.
    [identity] Da ora non riceverai più { media } da { $brand } a questo indirizzo.
    [subscription] Da ora non riceverai più «{ $list }» da { $brand }.
   *[channel] Da ora non riceverai più { media } da { $brand }.
}
out-title = L’iscrizione è già annullata
out-lead = { $level ->
    [any] Non ricevi pubblicità da { $brand }.
    [identity] Non ricevi { media } da { $brand } a questo indirizzo.
    [subscription] Non ricevi «{ $list }» da { $brand }.
   *[channel] Non ricevi { media } da { $brand }.
}
out-since = È così dal giorno { $date }.

undo-ask-title = Ripristina l’iscrizione
undo-ask-lead = Premi il pulsante e la tua scelta torna quella che era prima dell’annullamento.
undone-title = Ripristinata
undone-lead = La tua scelta è di nuovo quella di prima dell’annullamento. Puoi annullare l’iscrizione quando vuoi.
superseded-title = Non c’è nulla da ripristinare
superseded-lead = Nel frattempo hai fatto una scelta più recente, ed è quella che vale. Non è cambiato nulla.
proof-title = Questo è un link di prova
proof-lead = Mostra ciò che vedrebbe un destinatario. Non è stato registrato nulla.
