landing-saved = Gespeichert. Ihre Einstellungen gelten ab sofort.
landing-nothing = Es wurde nichts geändert.
landing-closed-title = Diese Seite ist geschlossen
landing-closed-lead = Sie ist nicht mehr offen, deshalb kann hier nichts geändert werden. Ihre Einstellungen sind, wie sie waren.
landing-no-person = Öffnen Sie diese Seite über den Link in einer Nachricht: Dann wissen wir, um wessen Einstellungen es geht.
landing-preview = Vorschau. Es wird nichts gespeichert.
