sender-unknown = denne afsender
media = { $channel ->
    [sms] reklame på sms
    [push] reklame i push-beskeder
    [whatsApp] reklame på WhatsApp
   *[email] reklame på e-mail
}
month-1 = januar
month-2 = februar
month-3 = marts
month-4 = april
month-5 = maj
month-6 = juni
month-7 = juli
month-8 = august
month-9 = september
month-10 = oktober
month-11 = november
month-12 = december
date = { $day }. { $month } { $year }

sent-to = Sendt til { $address }
still-come = Kvitteringer og beskeder om din konto kommer stadig.
unsubscribe = Afmeld
undo = Fortryd
more-choices = Se alle dine valg

yes = Ja
no = Nej
