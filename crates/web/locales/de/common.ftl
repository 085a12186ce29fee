sender-unknown = diesem Absender
media = { $channel ->
    [sms] Werbung per SMS
    [push] Werbung per Push-Nachricht
   *[email] Werbung per E-Mail
}
month-1 = Januar
month-2 = Februar
month-3 = März
month-4 = April
month-5 = Mai
month-6 = Juni
month-7 = Juli
month-8 = August
month-9 = September
month-10 = Oktober
month-11 = November
month-12 = Dezember
date = { $day }. { $month } { $year }

sent-to = Gesendet an { $address }
still-come = Belege und Nachrichten zu Ihrem Konto kommen weiterhin.
unsubscribe = Abmelden
undo = Rückgängig machen
more-choices = Alle Einstellungen ansehen

yes = Ja
no = Nein
