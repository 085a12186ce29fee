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
outdated-lead = Dieser Link stammt aus der Zeit vor Ihrer letzten Anmeldung und hat deshalb nicht von selbst gewirkt. Es hat sich nichts geändert. Wenn Sie sich abmelden möchten, klicken Sie auf die Schaltfläche.
undo-lead = War das nicht gewollt?

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
