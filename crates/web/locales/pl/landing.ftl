landing-saved = Zapisano. Ustawienia obowiązują od teraz.
landing-nothing = Nic się nie zmieniło.
landing-closed-title = Ta strona jest zamknięta
landing-closed-lead = Nie jest już dostępna, więc nic nie można tu zmienić. Twoje ustawienia są takie jak dotąd.
landing-no-person = Otwórz tę stronę przez link w wiadomości: wtedy będziemy wiedzieć, czyich ustawień dotyczy.
landing-preview = Podgląd. Nic nie jest zapisywane.
