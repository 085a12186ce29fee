sender-unknown = denne avsenderen
media = { $channel ->
    [sms] reklame på SMS
    [push] reklame i push-varsler
    [whatsApp] reklame på WhatsApp
   *[email] reklame på e-post
}
month-1 = januar
month-2 = februar
month-3 = mars
month-4 = april
month-5 = mai
month-6 = juni
month-7 = juli
month-8 = august
month-9 = september
month-10 = oktober
month-11 = november
month-12 = desember
date = { $day }. { $month } { $year }

sent-to = Sendt til { $address }
still-come = Kvitteringer og meldinger om kontoen din kommer fortsatt.
unsubscribe = Meld meg av
undo = Angre
more-choices = Se alle valgene dine

yes = Ja
no = Nei
