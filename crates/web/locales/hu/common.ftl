sender-unknown = ez a feladó
media = { $channel ->
    [sms] reklámot SMS-ben
    [push] reklámot push-értesítésben
    [whatsApp] reklámot WhatsAppon
   *[email] reklámot e-mailben
}
month-1 = január
month-2 = február
month-3 = március
month-4 = április
month-5 = május
month-6 = június
month-7 = július
month-8 = augusztus
month-9 = szeptember
month-10 = október
month-11 = november
month-12 = december
date = { $year }. { $month } { $day }.

sent-to = Elküldve ide: { $address }
still-come = A bizonylatok és a fiókjával kapcsolatos értesítések továbbra is megérkeznek.
unsubscribe = Leiratkozás
undo = Visszavonás
more-choices = Az összes beállítás megtekintése

yes = Igen
no = Nem
