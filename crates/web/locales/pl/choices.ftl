choices-title = Twoje ustawienia
choices-lead = Jakie reklamy może Ci wysyłać firma { $brand }. Potwierdzenia zakupów i wiadomości o Twoim koncie przychodzą zawsze.
row = { $level ->
    [any] Wszelkie reklamy
    [identity] { $channel ->
        [sms] SMS-y reklamowe na numer { $address }
        [push] Reklamowe powiadomienia push na tym urządzeniu
        [whatsApp] Wiadomości reklamowe w WhatsAppie na numer { $address }
       *[email] E-maile reklamowe na adres { $address }
    }
    [subscription] Lista „{ $list }”
   *[channel] { $channel ->
        [sms] SMS-y reklamowe na każdy Twój numer
        [push] Reklamowe powiadomienia push na każdym Twoim urządzeniu
        [whatsApp] Wiadomości reklamowe w WhatsAppie na każdy Twój numer
       *[email] E-maile reklamowe na każdy Twój adres
    }
}
known-yes = Tak, od { $date }
known-yes-undated = Tak, data nieznana
known-no = Nie, od { $date }
known-no-undated = Nie, data nieznana
known-pending = Jeszcze niepotwierdzone
known-other = Zapisano: { $value }
known-nothing = Nic tu jeszcze nie wybrano
rule = Szersze „nie” jest ważniejsze niż węższe „tak”: „nie” dla wszelkich reklam zatrzymuje wszystko.
save = Zapisz ustawienia
saved = Zapisano. Ustawienia obowiązują od teraz.
stop-all = Zatrzymaj wszystkie reklamy
stop-all-lead = Jedno kliknięcie i żadna reklama od firmy { $brand } już do Ciebie nie dotrze, niezależnie od sposobu wysyłki.
stopped-all = Wszystkie reklamy od firmy { $brand } są zatrzymane.
stopped-all-since = Wszystkie reklamy od firmy { $brand } są zatrzymane od { $date }. Dopóki tak jest, „tak” dla czegokolwiek innego nie działa.
