# $brand and $list stand in the nominative everywhere, as names can't be inflected here.
sender-unknown = tämä lähettäjä
media = { $channel ->
    [sms] markkinointia tekstiviestitse
    [push] markkinointia push-ilmoituksina
    [whatsApp] markkinointia WhatsAppissa
   *[email] markkinointia sähköpostitse
}
month-1 = tammikuuta
month-2 = helmikuuta
month-3 = maaliskuuta
month-4 = huhtikuuta
month-5 = toukokuuta
month-6 = kesäkuuta
month-7 = heinäkuuta
month-8 = elokuuta
month-9 = syyskuuta
month-10 = lokakuuta
month-11 = marraskuuta
month-12 = joulukuuta
date = { $day }. { $month } { $year }

sent-to = Vastaanottaja: { $address }
still-come = Kuitit ja tiliäsi koskevat ilmoitukset tulevat edelleen.
unsubscribe = Peru tilaus
undo = Kumoa
more-choices = Näytä kaikki valintasi

yes = Kyllä
no = Ei
