ask-title = { $level ->
    [any] { $brand }からのすべての広告を停止
    [identity] { $brand }からこの宛先への{ media }を停止
    [subscription] { $brand }の「{ $list }」を配信停止
   *[channel] { $brand }からの{ media }を停止
}
ask-lead = { $level ->
    [any] ボタンを押すと、どの方法でも広告は届かなくなります。すぐに有効になります。
    [identity] ボタンを押すと、この宛先に{ media }は届かなくなります。すぐに有効になります。
    [subscription] ボタンを押すと、この配信は届かなくなります。すぐに有効になります。
   *[channel] ボタンを押すと、この宛先にも、お客様のほかの宛先にも、{ media }は届かなくなります。すぐに有効になります。
}
outdated-lead = このリンクは、前回の登録より前に送られたものなので、自動では停止しませんでした。何も変わっていません。停止するには、ボタンを押してください。
undo-lead = お間違えでしたか？

done-title = 配信を停止しました
done-lead = { $level ->
    [any] 今後、{ $brand }からの広告は届きません。
    [identity] 今後、{ $brand }からの{ media }はこの宛先に届きません。
    [subscription] 今後、{ $brand }の「{ $list }」は届きません。
   *[channel] 今後、{ $brand }からの{ media }は届きません。
}
out-title = すでに配信を停止しています
out-lead = { $level ->
    [any] { $brand }からの広告は届きません。
    [identity] { $brand }からの{ media }はこの宛先に届きません。
    [subscription] { $brand }の「{ $list }」は届きません。
   *[channel] { $brand }からの{ media }は届きません。
}
out-since = { $date }から停止しています。

undo-ask-title = 配信停止を取り消す
undo-ask-lead = ボタンを押すと、配信停止前の設定に戻ります。
undone-title = 元に戻しました
undone-lead = 配信停止前の設定に戻りました。いつでも停止できます。
superseded-title = 元に戻すものはありません
superseded-lead = その後に新しい選択をされており、そちらが有効です。何も変わっていません。
proof-title = これはテスト用のリンクです
proof-lead = 受信者に表示される内容を示しています。何も記録されていません。
