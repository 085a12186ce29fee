ask-title = { $level ->
    [any] Artık { $brand } bana hiç reklam göndermesin
    [identity] Artık { $brand } bu adrese { media } göndermesin
    [subscription] “{ $list }” aboneliğinden çıkış ({ $brand })
   *[channel] Artık { $brand } bana { media } göndermesin
}
ask-lead = { $level ->
    [any] Düğmeye basın; hangi yolla olursa olsun size artık reklam gelmez. Hemen geçerli olur.
    [identity] Düğmeye basın; bu adrese artık { media } gelmez. Hemen geçerli olur.
    [subscription] Düğmeye basın; bu listeden size artık hiçbir şey gelmez. Hemen geçerli olur.
   *[channel] Düğmeye basın; ne bu adresinize ne de başka bir adresinize artık { media } gelir. Hemen geçerli olur.
}
outdated-lead = Bu bağlantı son abone oluşunuzdan önceye ait, bu yüzden kendiliğinden işlem yapmadı. Hiçbir şey değişmedi. Çıkmak istiyorsanız düğmeye basın.
undo-lead = İstediğiniz bu değil miydi?

done-title = Abonelikten çıktınız
done-lead = { $level ->
    [any] Şu andan itibaren { $brand } size hiç reklam göndermeyecek.
    [identity] Şu andan itibaren { $brand } bu adrese { media } göndermeyecek.
    [subscription] Şu andan itibaren { $brand } size “{ $list }” göndermeyecek.
   *[channel] Şu andan itibaren { $brand } size { media } göndermeyecek.
}
out-title = Abonelikten zaten çıktınız
out-lead = { $level ->
    [any] Şu anda { $brand } size hiç reklam göndermiyor.
    [identity] Şu anda { $brand } bu adrese { media } göndermiyor.
    [subscription] Şu anda { $brand } size “{ $list }” göndermiyor.
   *[channel] Şu anda { $brand } size { media } göndermiyor.
}
out-since = Bu, { $date } tarihinden beri böyle.

undo-ask-title = Çıkışınızı geri alın
undo-ask-lead = Düğmeye basın; abonelikten çıkmadan önceki tercihiniz yeniden geçerli olur.
undone-title = Geri alındı
undone-lead = Abonelikten çıkmadan önceki tercihiniz yeniden geçerli. Yine de istediğiniz zaman çıkabilirsiniz.
superseded-title = Geri alınacak bir şey yok
superseded-lead = Bu arada daha yeni bir tercih yaptınız ve o geçerli. Hiçbir şey değişmedi.
proof-title = Bu bir test bağlantısı
proof-lead = Bir alıcının ne göreceğini gösterir. Hiçbir şey kaydedilmedi.
