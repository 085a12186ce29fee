choices-title = Tercihleriniz
choices-lead = Reklam olarak { $brand } size neler gönderebilir? Makbuzlar ve hesabınızla ilgili bildirimler her durumda gelir.
row = { $level ->
    [any] Her tür reklam
    [identity] { $channel ->
        [sms] Şu numaraya SMS ile reklam: { $address }
        [push] Bu cihazda anlık bildirimle reklam
        [whatsApp] Şu numaraya WhatsApp üzerinden reklam: { $address }
       *[email] Şu adrese e-postayla reklam: { $address }
    }
    [subscription] “{ $list }” listesi
   *[channel] { $channel ->
        [sms] Tüm numaralarınıza SMS ile reklam
        [push] Tüm cihazlarınızda anlık bildirimle reklam
        [whatsApp] Tüm numaralarınıza WhatsApp üzerinden reklam
       *[email] Tüm adreslerinize e-postayla reklam
    }
}
known-yes = { $date } tarihinden beri evet
known-yes-undated = Evet, tarihi bilinmiyor
known-no = { $date } tarihinden beri hayır
known-no-undated = Hayır, tarihi bilinmiyor
known-pending = Henüz onaylanmadı
known-other = Kayıtlı: { $value }
known-nothing = Bu konuda henüz bir şey belirtmediniz
rule = Daha geniş bir “hayır”, daha dar bir “evet”ten önce gelir: Her tür reklama “hayır” derseniz her şey durur.
save = Tercihlerimi kaydet
saved = Kaydedildi. Tercihleriniz şu andan itibaren geçerli.
stop-all = Tüm reklamları durdur
stop-all-lead = Tek dokunuşla, hangi yolla olursa olsun { $brand } size artık hiçbir reklam göndermez.
stopped-all = Tüm reklamlar durduruldu: { $brand } size reklam göndermiyor.
stopped-all-since = Tüm reklamlar { $date } tarihinden beri durdurulmuş durumda: { $brand } size reklam göndermiyor. Bu böyle kaldığı sürece başka bir şeye verilen “evet” etkisizdir.
