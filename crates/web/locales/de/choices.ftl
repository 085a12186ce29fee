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
