sender-unknown = tohoto odesílatele
media = { $channel ->
    [sms] reklamní SMS
    [push] reklamní push oznámení
    [whatsApp] reklamní zprávy přes WhatsApp
   *[email] reklamní e-maily
}
month-1 = ledna
month-2 = února
month-3 = března
month-4 = dubna
month-5 = května
month-6 = června
month-7 = července
month-8 = srpna
month-9 = září
month-10 = října
month-11 = listopadu
month-12 = prosince
date = { $day }. { $month } { $year }

sent-to = Odesláno na { $address }
still-come = Doklady a zprávy k vašemu účtu budou chodit dál.
unsubscribe = Odhlásit
undo = Vrátit zpět
more-choices = Zobrazit všechna nastavení

yes = Ano
no = Ne
