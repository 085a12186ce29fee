sender-unknown = acestui expeditor
media = { $channel ->
    [sms] SMS-uri publicitare
    [push] notificări push publicitare
    [whatsApp] mesaje publicitare pe WhatsApp
   *[email] e-mailuri publicitare
}
month-1 = ianuarie
month-2 = februarie
month-3 = martie
month-4 = aprilie
month-5 = mai
month-6 = iunie
month-7 = iulie
month-8 = august
month-9 = septembrie
month-10 = octombrie
month-11 = noiembrie
month-12 = decembrie
date = { $day } { $month } { $year }

sent-to = Trimis la { $address }
still-come = Chitanțele și mesajele despre contul dumneavoastră vin în continuare.
unsubscribe = Dezabonare
undo = Anulați
more-choices = Vedeți toate opțiunile

yes = Da
no = Nu
