choices-title = 配信設定
choices-lead = { $brand }からの広告について、受け取るものを選べます。領収書やアカウントに関するお知らせは、設定にかかわらず届きます。
row = { $level ->
    [any] すべての広告
    [identity] { $channel ->
        [sms] { $address } への広告SMS
        [push] この端末への広告のプッシュ通知
        [whatsApp] { $address } へのWhatsAppの広告メッセージ
       *[email] { $address } への広告メール
    }
    [subscription] 「{ $list }」の配信
   *[channel] { $channel ->
        [sms] お客様のすべての番号への広告SMS
        [push] お客様のすべての端末への広告のプッシュ通知
        [whatsApp] お客様のすべての番号へのWhatsAppの広告メッセージ
       *[email] お客様のすべてのアドレスへの広告メール
    }
}
known-yes = { $date }から「はい」
known-yes-undated = 「はい」（日付は不明）
known-no = { $date }から「いいえ」
known-no-undated = 「いいえ」（日付は不明）
known-pending = まだ確認が済んでいません
known-other = 記録されている値：{ $value }
known-nothing = まだ選択されていません
rule = 範囲の広い「いいえ」は、範囲の狭い「はい」より優先されます。「すべての広告」を「いいえ」にすると、すべて止まります。
save = 設定を保存する
saved = 保存しました。設定は今から有効です。
stop-all = すべての広告を停止する
stop-all-lead = ボタンを一度押すだけで、どの方法でも{ $brand }からの広告は届かなくなります。
stopped-all = { $brand }からの広告はすべて停止しています。
stopped-all-since = { $brand }からの広告は、{ $date }からすべて停止しています。停止している間は、ほかの項目を「はい」にしても広告は届きません。
