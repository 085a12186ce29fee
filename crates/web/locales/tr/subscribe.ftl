subscribe-title = “{ $list }” aboneliği
subscribe-email = E-posta adresiniz
subscribe-number = Ülke koduyla telefon numaranız
subscribe-terms = { $channel ->
    [sms] Evet, { $brand } bana SMS ile “{ $list }” gönderebilir. İstediğim zaman STOP yanıtıyla veya bir mesajdaki bağlantıyla durdurabilirim.
   *[email] Evet, { $brand } bana e-postayla “{ $list }” gönderebilir. İstediğim zaman her mesajdaki bağlantıyla çıkabilirim.
}
subscribe-terms-missing = Kabul ediyorsanız kutuyu işaretleyin; işaretlenmezse hiçbir şey gönderilmez.
subscribe = Abone ol
address-malformed = { $channel ->
    [sms] Bu telefon numarasına gönderemiyoruz. Numarayı ülke koduyla yazın, örneğin +44 7700 900123.
   *[email] Bu e-posta adresine gönderemiyoruz. Eksik bir harf veya boşluk olabilir mi?
}
check-title = { $channel ->
    [sms] Telefonunuza bakın
   *[email] Gelen kutunuza bakın
}
check-lead = { $channel ->
    [sms] Bağlantı içeren bir SMS yolda: { $address }. Bağlantıyı açıp düğmeye basın: Aboneliğiniz ancak o zaman başlar.
   *[email] Bağlantı içeren bir mesaj yolda: { $address }. Bağlantıyı açıp düğmeye basın: Aboneliğiniz ancak o zaman başlar.
}
check-late = Birkaç dakika sonra hâlâ gelmedi mi? Spam klasörüne bakın, adresi kontrol edin veya bir kez daha gönderilmesini isteyin.
send-again = Bir kez daha gönder
sent-again = Bu adrese yeterince gönderilmediyse bir kez daha gönderildi.
joined-title = Abone oldunuz
joined-lead = Şu andan itibaren { $brand } şu adrese “{ $list }” gönderir: { $address }. İstediğiniz zaman çıkabilirsiniz.
not-open-title = “{ $list }” şu anda aboneliğe açık değil
not-open-starts = { $date } tarihinden itibaren abone olabilirsiniz.
not-open-ended = Bu liste sona erdi.
confirm-title = “{ $list }” aboneliği başlasın mı?
confirm-lead = Düğmeye basın; { $brand } şu adrese “{ $list }” göndermeye başlar: { $address }. Bunu siz istemediyseniz bir şey yapmayın: O zaman hiçbir şey gelmez.
confirm-agreed = { $date } tarihinde kabul edilen:
confirm = Evet, abone olmak istiyorum
confirm-expired-title = Bu bağlantının süresi doldu
confirm-expired-lead = Bağlantı isteneli { $hours } saatten fazla oldu. Hiçbir şey kaydedilmedi. Hâlâ “{ $list }” almak istiyorsanız yeni bir bağlantı isteyin.
confirm-superseded-title = Abonelik başlamadı
confirm-superseded-lead = Bu istekten sonra “hayır” dediniz ve o geçerli. Hiçbir şey değişmedi. Yine de “{ $list }” almak istiyorsanız bunu tercihler sayfanızda seçin.
confirm-blocked = Seçiminize göre { $brand } size { media } göndermiyor; bu yüzden “{ $list }” bu yolla gelmiyor. Bunu tercihler sayfanızda değiştirebilirsiniz.
ask-new-link = Yeni bağlantı iste
taken-title = Not edildi
taken-lead = Şu andan itibaren { $brand } şu adrese “{ $list }” gönderir: { $address }. İstediğiniz zaman çıkabilirsiniz. Kayıtlı bir tercih zaten varsa önce bağlantı içeren bir mesaj gelir ve yalnızca onun ardındaki düğme geçerlidir.
