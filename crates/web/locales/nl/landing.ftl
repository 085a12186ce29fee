landing-saved = Opgeslagen. Je keuzes gelden vanaf nu.
landing-nothing = Er is niets veranderd.
landing-closed-title = Deze pagina is gesloten
landing-closed-lead = Hij is niet meer open, dus hier kan niets worden veranderd. Je keuzes zijn zoals ze waren.
landing-no-person = Open deze pagina via de link in een bericht: dan weten we om wiens keuzes het gaat.
landing-preview = Voorbeeld. Er wordt niets vastgelegd.
