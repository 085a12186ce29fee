sender-unknown = この送信者
media = { $channel ->
    [sms] 広告SMS
    [push] 広告のプッシュ通知
    [whatsApp] WhatsAppの広告メッセージ
   *[email] 広告メール
}
month-1 = 1月
month-2 = 2月
month-3 = 3月
month-4 = 4月
month-5 = 5月
month-6 = 6月
month-7 = 7月
month-8 = 8月
month-9 = 9月
month-10 = 10月
month-11 = 11月
month-12 = 12月
date = { $year }年{ $month }{ $day }日

sent-to = 宛先：{ $address }
still-come = 領収書やアカウントに関するお知らせは、これからも届きます。
unsubscribe = 配信を停止する
undo = 元に戻す
more-choices = すべての設定を見る

yes = はい
no = いいえ
