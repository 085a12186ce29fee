subscribe-title = Zapisz się na listę „{ $list }”
subscribe-email = Twój adres e-mail
subscribe-number = Twój numer telefonu z numerem kierunkowym kraju
subscribe-terms = { $channel ->
    [sms] Tak, firma { $brand } może mi wysyłać „{ $list }” SMS-em. Mogę to zakończyć w każdej chwili, odpowiadając STOP lub przez link w wiadomości.
   *[email] Tak, firma { $brand } może mi wysyłać „{ $list }” e-mailem. Mogę się wypisać w każdej chwili przez link w każdej wiadomości.
}
subscribe-terms-missing = Zaznacz pole, aby wyrazić zgodę; bez niej nic nie wysyłamy.
subscribe = Zapisz mnie
address-malformed = { $channel ->
    [sms] Na taki numer telefonu nie możemy nic wysłać. Podaj go z numerem kierunkowym kraju, np. +44 7700 900123.
   *[email] Na taki adres e-mail nie możemy nic wysłać. Może brakuje litery albo jest w nim spacja?
}
check-title = { $channel ->
    [sms] Sprawdź telefon
   *[email] Sprawdź skrzynkę odbiorczą
}
check-lead = { $channel ->
    [sms] SMS z linkiem jest w drodze na numer { $address }. Otwórz link i naciśnij przycisk: dopiero wtedy zapis jest ważny.
   *[email] Wiadomość z linkiem jest w drodze na adres { $address }. Otwórz link i naciśnij przycisk: dopiero wtedy zapis jest ważny.
}
check-late = Po kilku minutach nic nie przyszło? Zajrzyj do spamu, sprawdź adres albo poproś o ponowne wysłanie.
send-again = Wyślij jeszcze raz
sent-again = Wysłano jeszcze raz, chyba że na ten adres wysłano już dość wiadomości.
joined-title = Zapisaliśmy Cię
joined-lead = „{ $list }” od firmy { $brand } będzie od teraz przychodzić na { $address }. Możesz się wypisać w każdej chwili.
not-open-title = Na listę „{ $list }” nie można się teraz zapisać
not-open-starts = Zapisy od { $date }.
not-open-ended = Ta lista jest już zakończona.
confirm-title = Zapisać Cię na listę „{ $list }”?
confirm-lead = Naciśnij przycisk, a firma { $brand } będzie wysyłać „{ $list }” na { $address }. Jeśli to pomyłka, nie rób nic: wtedy nic nie przyjdzie.
confirm-agreed = Treść zgody wyrażonej { $date }:
confirm = Tak, zapisz mnie
confirm-expired-title = Ten link wygasł
confirm-expired-lead = Poproszono o niego ponad { $hours } godz. temu. Nic nie zapisano. Jeśli nadal chcesz dostawać „{ $list }”, poproś o nowy link.
confirm-superseded-title = Nie zapisano
confirm-superseded-lead = Po tej prośbie wybrano „nie” i to obowiązuje. Nic się nie zmieniło. Jeśli jednak chcesz dostawać „{ $list }”, wybierz to na stronie z ustawieniami.
confirm-blocked = Masz wyłączone otrzymywanie { media } od firmy { $brand }, więc „{ $list }” tą drogą nie przychodzi. Możesz to zmienić na stronie z ustawieniami.
ask-new-link = Poproś o nowy link
taken-title = Zapisano
taken-lead = „{ $list }” od firmy { $brand } będzie od teraz przychodzić na { $address }. Możesz się wypisać w każdej chwili. Jeśli jest już zapisany inny wybór, najpierw przyjdzie wiadomość z linkiem i liczy się tylko przycisk na stronie, do której prowadzi.
