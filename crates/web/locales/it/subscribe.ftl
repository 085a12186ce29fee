subscribe-title = Iscriviti a «{ $list }»
subscribe-email = Il tuo indirizzo email
subscribe-number = Il tuo numero di telefono, con il prefisso internazionale
subscribe-terms = { $channel ->
    [sms] Sì, { $brand } può inviarmi «{ $list }» via SMS. Posso interrompere in qualsiasi momento rispondendo STOP o con il link in un messaggio.
   *[email] Sì, { $brand } può inviarmi «{ $list }» via email. Posso annullare l’iscrizione in qualsiasi momento con il link in ogni messaggio.
}
subscribe-terms-missing = Spunta la casella per dare il consenso; senza, non viene inviato nulla.
subscribe = Iscriviti
address-malformed = { $channel ->
    [sms] Non possiamo inviare nulla a questo numero di telefono. Scrivilo con il prefisso internazionale, per esempio +39 312 345 6789.
   *[email] Non possiamo inviare nulla a questo indirizzo email. Manca una lettera o c’è uno spazio di troppo?
}
check-title = { $channel ->
    [sms] Guarda il telefono
   *[email] Guarda la posta in arrivo
}
check-lead = { $channel ->
    [sms] Un SMS con un link sta arrivando a { $address }. Apri il link e premi il pulsante: solo allora l’iscrizione è attiva.
   *[email] Un’email con un link sta arrivando a { $address }. Apri il link e premi il pulsante: solo allora l’iscrizione è attiva.
}
check-late = Dopo qualche minuto non è arrivato nulla? Guarda nello spam, controlla l’indirizzo o chiedi un nuovo invio.
send-again = Invia di nuovo
sent-again = Il messaggio è stato inviato di nuovo, a meno che l’indirizzo non ne avesse già ricevuti abbastanza.
joined-title = L’iscrizione è attiva
joined-lead = Da ora «{ $list }» di { $brand } arriva a { $address }. Puoi annullare l’iscrizione quando vuoi.
not-open-title = Le iscrizioni a «{ $list }» non sono aperte
not-open-starts = Puoi iscriverti dal giorno { $date }.
not-open-ended = Questa lista è terminata.
confirm-title = Vuoi iscriverti a «{ $list }»?
confirm-lead = Premi il pulsante e { $brand } invierà «{ $list }» a { $address }. Se non lo hai chiesto tu, non fare nulla: così non arriverà nulla.
confirm-agreed = Il consenso dato il giorno { $date }:
confirm = Sì, iscrivimi
confirm-expired-title = Questo link è scaduto
confirm-expired-lead = È stato chiesto più di { $hours } ore fa. Non è stato registrato nulla. Se vuoi ancora «{ $list }», chiedi un nuovo link.
confirm-superseded-title = Nessuna iscrizione
confirm-superseded-lead = Dopo questa richiesta hai detto no, e vale quello. Non è cambiato nulla. Se invece vuoi «{ $list }», sceglilo nella pagina delle tue scelte.
confirm-blocked = Hai bloccato la { media } di { $brand }, perciò «{ $list }» non ti arriva con questo mezzo. Puoi cambiarlo nella pagina delle tue scelte.
ask-new-link = Chiedi un nuovo link
taken-title = Annotato
taken-lead = Da ora «{ $list }» di { $brand } arriva a { $address }. Puoi annullare l’iscrizione quando vuoi. Se una scelta è già registrata, arriva prima un messaggio con un link, e conta solo il pulsante a cui porta.
