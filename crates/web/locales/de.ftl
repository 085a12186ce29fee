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

ask-title = { $level ->
    [any] Keine Werbung mehr von { $brand }
    [identity] Keine { media } von { $brand } mehr an diese Adresse
    [subscription] „{ $list }“ von { $brand } abbestellen
   *[channel] Keine { media } mehr von { $brand }
}
ask-lead = { $level ->
    [any] Ein Klick, und Sie erhalten keine Werbung mehr, egal auf welchem Weg. Das gilt sofort.
    [identity] Ein Klick, und an diese Adresse geht keine { media } mehr. Das gilt sofort.
    [subscription] Ein Klick, und von dieser Liste kommt nichts mehr. Das gilt sofort.
   *[channel] Ein Klick, und Sie erhalten keine { media } mehr, weder an diese noch an eine andere Ihrer Adressen. Das gilt sofort.
}
sent-to = Gesendet an { $address }
still-come = Belege und Nachrichten zu Ihrem Konto kommen weiterhin.
outdated-lead = Dieser Link stammt aus der Zeit vor Ihrer letzten Anmeldung und hat deshalb nicht von selbst gewirkt. Es hat sich nichts geändert. Wenn Sie sich abmelden möchten, klicken Sie auf die Schaltfläche.
unsubscribe = Abmelden
undo = Rückgängig machen
undo-lead = War das nicht gewollt?
more-choices = Alle Einstellungen ansehen

done-title = Sie sind abgemeldet
done-lead = { $level ->
    [any] Ab sofort erhalten Sie keine Werbung mehr von { $brand }.
    [identity] Ab sofort erhalten Sie an dieser Adresse keine { media } mehr von { $brand }.
    [subscription] Ab sofort erhalten Sie „{ $list }“ von { $brand } nicht mehr.
   *[channel] Ab sofort erhalten Sie keine { media } mehr von { $brand }.
}
out-title = Sie sind schon abgemeldet
out-lead = { $level ->
    [any] Sie erhalten keine Werbung von { $brand }.
    [identity] Sie erhalten an dieser Adresse keine { media } von { $brand }.
    [subscription] Sie erhalten „{ $list }“ von { $brand } nicht.
   *[channel] Sie erhalten keine { media } von { $brand }.
}
out-since = Das gilt seit dem { $date }.

undo-ask-title = Abmeldung rückgängig machen
undo-ask-lead = Ein Klick, und es gilt wieder, was vor Ihrer Abmeldung galt.
undone-title = Rückgängig gemacht
undone-lead = Es gilt wieder, was vor Ihrer Abmeldung galt. Abmelden können Sie sich weiterhin jederzeit.
superseded-title = Hier gibt es nichts rückgängig zu machen
superseded-lead = Sie haben inzwischen neu gewählt, und das gilt. Es hat sich nichts geändert.
proof-title = Das ist ein Testlink
proof-lead = Er zeigt, was Empfänger sehen würden. Es wurde nichts gespeichert.

choices-title = Ihre Einstellungen
choices-lead = Was { $brand } Ihnen als Werbung senden darf. Belege und Nachrichten zu Ihrem Konto kommen in jedem Fall.
row = { $level ->
    [any] Werbung jeder Art
    [identity] { $channel ->
        [sms] Werbung per SMS an { $address }
        [push] Werbung per Push-Nachricht auf diesem Gerät
       *[email] Werbung per E-Mail an { $address }
    }
    [subscription] Die Liste „{ $list }“
   *[channel] { $channel ->
        [sms] Werbung per SMS an jede Ihrer Nummern
        [push] Werbung per Push-Nachricht auf jedem Ihrer Geräte
       *[email] Werbung per E-Mail an jede Ihrer Adressen
    }
}
yes = Ja
no = Nein
known-yes = Ja seit dem { $date }
known-yes-undated = Ja, Datum nicht bekannt
known-no = Nein seit dem { $date }
known-no-undated = Nein, Datum nicht bekannt
known-pending = Noch nicht bestätigt
known-other = Gespeichert: { $value }
known-nothing = Dazu haben Sie noch nichts gesagt
rule = Das weiter reichende Nein gilt: Ein Nein zu Werbung jeder Art stoppt alles.
save = Einstellungen speichern
saved = Gespeichert. Ihre Einstellungen gelten ab sofort.
stop-all = Alle Werbung stoppen
stop-all-lead = Ein Klick, und keine Werbung von { $brand } erreicht Sie mehr, egal auf welchem Weg.
stopped-all = Alle Werbung von { $brand } ist gestoppt.
stopped-all-since = Alle Werbung von { $brand } ist seit dem { $date } gestoppt. Solange das gilt, bewirkt ein Ja zu etwas anderem nichts.

incomplete-title = Dieser Link ist unvollständig
incomplete-lead = Wir können nicht erkennen, wessen Einstellung gemeint ist. Es hat sich nichts geändert. Öffnen Sie den Link noch einmal aus der Nachricht; falls Sie ihn kopiert haben, kopieren Sie ihn bitte ganz.
unknown-title = Wir kennen diesen Link nicht
unknown-lead = Er stammt nicht von uns, oder das, wofür er gemacht wurde, gibt es nicht mehr. Es hat sich nichts geändert. Öffnen Sie den Link in der Nachricht noch einmal.
refused-title = Das hat nicht geklappt
refused-lead = Diese Seite konnte nicht lesen, was an sie geschickt wurde. Es hat sich nichts geändert. Öffnen Sie den Link in der Nachricht noch einmal und klicken Sie dort auf die Schaltfläche.
unavailable-title = Das geht gerade nicht
unavailable-lead = Ihre Wahl wurde nicht gespeichert. Versuchen Sie es in einer Minute noch einmal: Ihr Link bleibt gültig.
missing-title = Hier ist keine Seite
missing-lead = Öffnen Sie den Link in der Nachricht noch einmal.
failed-title = Bei uns ist etwas schiefgegangen
failed-lead = Ihre Wahl wurde nicht gespeichert. Versuchen Sie es später noch einmal: Ihr Link bleibt gültig.
