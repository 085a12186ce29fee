sender-unknown = deze afzender
media = { $channel ->
    [sms] reclame per sms
    [push] reclame via pushmeldingen
    [whatsApp] reclame via WhatsApp
   *[email] reclame per e-mail
}
month-1 = januari
month-2 = februari
month-3 = maart
month-4 = april
month-5 = mei
month-6 = juni
month-7 = juli
month-8 = augustus
month-9 = september
month-10 = oktober
month-11 = november
month-12 = december
date = { $day } { $month } { $year }

sent-to = Verzonden naar { $address }
still-come = Bonnen en berichten over je account blijf je gewoon krijgen.
unsubscribe = Afmelden
undo = Ongedaan maken
more-choices = Al je keuzes bekijken

yes = Ja
no = Nee
