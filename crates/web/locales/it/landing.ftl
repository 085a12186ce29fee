landing-saved = Salvato. Le tue scelte valgono da ora.
landing-nothing = Non è cambiato nulla.
landing-closed-title = Questa pagina è chiusa
landing-closed-lead = Non è più aperta, perciò qui non si può cambiare nulla. Le tue scelte sono rimaste com’erano.
landing-no-person = Apri questa pagina dal link in un messaggio: così sappiamo di chi sono le scelte.
landing-preview = Anteprima. Non viene registrato nulla.
