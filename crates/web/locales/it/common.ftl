sender-unknown = questo mittente
media = { $channel ->
    [sms] pubblicità via SMS
    [push] pubblicità tramite notifiche push
    [whatsApp] pubblicità su WhatsApp
   *[email] pubblicità via email
}
month-1 = gennaio
month-2 = febbraio
month-3 = marzo
month-4 = aprile
month-5 = maggio
month-6 = giugno
month-7 = luglio
month-8 = agosto
month-9 = settembre
month-10 = ottobre
month-11 = novembre
month-12 = dicembre
date = { $day ->
    [1] 1º { $month } { $year }
   *[other] { $day } { $month } { $year }
}

sent-to = Inviato a { $address }
still-come = Ricevute e avvisi sul tuo account continueranno ad arrivare.
unsubscribe = Annulla l’iscrizione
undo = Ripristina
more-choices = Vedi tutte le tue scelte

yes = Sì
no = No
