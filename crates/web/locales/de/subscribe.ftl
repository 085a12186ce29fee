subscribe-title = „{ $list }“ abonnieren
subscribe-email = Ihre E-Mail-Adresse
subscribe-number = Ihre Telefonnummer mit Ländervorwahl
subscribe-terms = { $channel ->
    [sms] Ja, { $brand } darf mir „{ $list }“ per SMS senden. Ich kann das jederzeit beenden: mit der Antwort STOP oder über den Link in einer Nachricht.
   *[email] Ja, { $brand } darf mir „{ $list }“ per E-Mail senden. Ich kann mich jederzeit über den Link in jeder Nachricht abmelden.
}
subscribe-terms-missing = Setzen Sie bitte das Häkchen, um zuzustimmen; ohne Ihre Zustimmung senden wir nichts.
subscribe = Abonnieren
address-malformed = { $channel ->
    [sms] An diese Telefonnummer können wir nichts senden. Geben Sie sie mit Ländervorwahl ein, zum Beispiel +49 176 04069012.
   *[email] An diese E-Mail-Adresse können wir nichts senden. Fehlt ein Buchstabe, oder ist ein Leerzeichen darin?
}
check-title = { $channel ->
    [sms] Sehen Sie auf Ihrem Telefon nach
   *[email] Sehen Sie in Ihrem Posteingang nach
}
check-lead = { $channel ->
    [sms] Eine SMS mit einem Link ist unterwegs an { $address }. Öffnen Sie den Link und klicken Sie auf die Schaltfläche: Erst dann sind Sie angemeldet.
   *[email] Eine E-Mail mit einem Link ist unterwegs an { $address }. Öffnen Sie den Link und klicken Sie auf die Schaltfläche: Erst dann sind Sie angemeldet.
}
check-late = Nach einigen Minuten noch nichts da? Sehen Sie im Spam-Ordner nach, prüfen Sie die Adresse oder lassen Sie die Nachricht noch einmal senden.
send-again = Noch einmal senden
sent-again = Wir haben die Nachricht noch einmal gesendet, sofern an diese Adresse nicht schon genug gegangen sind.
joined-title = Sie sind angemeldet
joined-lead = „{ $list }“ von { $brand } geht ab jetzt an { $address }. Sie können sich jederzeit abmelden.
not-open-title = „{ $list }“ ist nicht offen
not-open-starts = Sie können sich ab dem { $date } anmelden.
not-open-ended = Diese Liste ist beendet.
confirm-title = „{ $list }“ abonnieren?
confirm-lead = Klicken Sie auf die Schaltfläche, und „{ $list }“ von { $brand } geht an { $address }. Wenn Sie das nicht angefordert haben, tun Sie nichts: Dann kommt nichts.
confirm-agreed = Dem wurde am { $date } zugestimmt:
confirm = Ja, bitte anmelden
confirm-expired-title = Dieser Link ist abgelaufen
confirm-expired-lead = Er wurde vor mehr als { $hours } Stunden angefordert. Es wurde nichts gespeichert. Wenn Sie „{ $list }“ noch möchten, fordern Sie einen neuen Link an.
confirm-superseded-title = Nicht angemeldet
confirm-superseded-lead = Nachdem dies angefordert wurde, haben Sie Nein gesagt, und das gilt. Es hat sich nichts geändert. Wenn Sie „{ $list }“ doch möchten, wählen Sie es auf der Seite mit Ihren Einstellungen.
confirm-blocked = Sie haben { media } von { $brand } gestoppt, deshalb kommt „{ $list }“ auf diesem Weg nicht. Das können Sie auf der Seite mit Ihren Einstellungen ändern.
ask-new-link = Neuen Link anfordern
taken-title = Notiert
taken-lead = „{ $list }“ von { $brand } geht ab jetzt an { $address }. Sie können sich jederzeit abmelden. Ist dafür schon eine Wahl gespeichert, kommt zuerst eine Nachricht mit einem Link, und nur der Knopf dahinter zählt.
