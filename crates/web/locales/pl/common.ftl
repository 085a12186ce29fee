sender-unknown = tego nadawcy
media = { $channel ->
    [sms] SMS-ów reklamowych
    [push] reklamowych powiadomień push
    [whatsApp] wiadomości reklamowych w WhatsAppie
   *[email] e-maili reklamowych
}
month-1 = stycznia
month-2 = lutego
month-3 = marca
month-4 = kwietnia
month-5 = maja
month-6 = czerwca
month-7 = lipca
month-8 = sierpnia
month-9 = września
month-10 = października
month-11 = listopada
month-12 = grudnia
date = { $day } { $month } { $year }

sent-to = Wysłano na { $address }
still-come = Potwierdzenia zakupów i wiadomości o Twoim koncie będą nadal przychodzić.
unsubscribe = Wypisz mnie
undo = Cofnij
more-choices = Zobacz wszystkie ustawienia

yes = Tak
no = Nie
