choices-title = Vaše nastavení
choices-lead = Jakou reklamu vám smí firma { $brand } posílat. Doklady a zprávy k vašemu účtu chodí v každém případě.
row = { $level ->
    [any] Reklama jakéhokoli druhu
    [identity] { $channel ->
        [sms] Reklamní SMS na číslo { $address }
        [push] Reklamní push oznámení na tomto zařízení
        [whatsApp] Reklamní zprávy přes WhatsApp na číslo { $address }
       *[email] Reklamní e-maily na adresu { $address }
    }
    [subscription] Seznam „{ $list }“
   *[channel] { $channel ->
        [sms] Reklamní SMS na kterékoli vaše číslo
        [push] Reklamní push oznámení na kterémkoli vašem zařízení
        [whatsApp] Reklamní zprávy přes WhatsApp na kterékoli vaše číslo
       *[email] Reklamní e-maily na kteroukoli vaši adresu
    }
}
known-yes = Ano od { $date }
known-yes-undated = Ano, datum není známo
known-no = Ne od { $date }
known-no-undated = Ne, datum není známo
known-pending = Zatím nepotvrzeno
known-other = Uloženo: { $value }
known-nothing = Zatím bez vyjádření
rule = Širší „ne“ má přednost před užším „ano“: „ne“ reklamě jakéhokoli druhu zastaví všechno.
save = Uložit nastavení
saved = Uloženo. Nastavení platí od této chvíle.
stop-all = Zastavit veškerou reklamu
stop-all-lead = Jedno stisknutí a nedostane se k vám žádná reklama od firmy { $brand }, ať se posílá jakkoli.
stopped-all = Veškerá reklama od firmy { $brand } je zastavena.
stopped-all-since = Veškerá reklama od firmy { $brand } je zastavena od { $date }. Dokud to platí, nemá „ano“ u čehokoli jiného žádný účinek.
