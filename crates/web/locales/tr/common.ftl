sender-unknown = bu gönderen
media = { $channel ->
    [sms] SMS ile reklam
    [push] anlık bildirimle reklam
    [whatsApp] WhatsApp üzerinden reklam
   *[email] e-postayla reklam
}
month-1 = Ocak
month-2 = Şubat
month-3 = Mart
month-4 = Nisan
month-5 = Mayıs
month-6 = Haziran
month-7 = Temmuz
month-8 = Ağustos
month-9 = Eylül
month-10 = Ekim
month-11 = Kasım
month-12 = Aralık
date = { $day } { $month } { $year }

sent-to = Gönderildiği yer: { $address }
still-come = Makbuzlar ve hesabınızla ilgili bildirimler gelmeye devam eder.
unsubscribe = Abonelikten çık
undo = Geri al
more-choices = Tüm tercihlerinizi görün

yes = Evet
no = Hayır
