sender-unknown = den här avsändaren
media = { $channel ->
    [sms] reklam via sms
    [push] reklam via pushnotiser
    [whatsApp] reklam via WhatsApp
   *[email] reklam via e-post
}
month-1 = januari
month-2 = februari
month-3 = mars
month-4 = april
month-5 = maj
month-6 = juni
month-7 = juli
month-8 = augusti
month-9 = september
month-10 = oktober
month-11 = november
month-12 = december
date = { $day } { $month } { $year }

sent-to = Skickat till { $address }
still-come = Kvitton och meddelanden om ditt konto fortsätter att komma.
unsubscribe = Avregistrera mig
undo = Ångra
more-choices = Se alla dina val

yes = Ja
no = Nej
