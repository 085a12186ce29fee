subscribe-title = 「{ $list }」に登録
subscribe-email = メールアドレス
subscribe-number = 電話番号（国番号から）
subscribe-terms = { $channel ->
    [sms] はい、{ $brand }が「{ $list }」をSMSで私に送ることに同意します。STOPと返信するか、メッセージのリンクから、いつでも停止できます。
   *[email] はい、{ $brand }が「{ $list }」をメールで私に送ることに同意します。各メールのリンクから、いつでも停止できます。
}
subscribe-terms-missing = 同意する場合はチェックを入れてください。チェックがなければ何も送信しません。
subscribe = 登録する
address-malformed = { $channel ->
    [sms] この電話番号には送信できません。国番号を付けて入力してください（例：+44 7700 900123）。
   *[email] このメールアドレスには送信できません。文字が抜けていたり、空白が入っていたりしませんか？
}
check-title = { $channel ->
    [sms] 携帯電話をご確認ください
   *[email] メールをご確認ください
}
check-lead = { $channel ->
    [sms] { $address } にリンク付きのSMSを送信しています。リンクを開いてボタンを押すと、登録が完了します。
   *[email] { $address } にリンク付きのメールを送信しています。リンクを開いてボタンを押すと、登録が完了します。
}
check-late = 数分たっても届かない場合は、迷惑メールを確認するか、宛先を確かめるか、もう一度お送りください。
send-again = もう一度送る
sent-again = もう一度送信しました。ただし、この宛先への送信が上限に達している場合は送られません。
joined-title = 登録が完了しました
joined-lead = 今後、{ $brand }の「{ $list }」が { $address } に届きます。いつでも停止できます。
not-open-title = 「{ $list }」は現在受け付けていません
not-open-starts = { $date }から登録できます。
not-open-ended = この配信は終了しました。
confirm-title = 「{ $list }」に登録しますか？
confirm-lead = ボタンを押すと、{ $brand }の「{ $list }」が { $address } に届くようになります。お心当たりがない場合は、何もしないでください。何も届きません。
confirm-agreed = { $date }に同意された内容：
confirm = はい、登録します
confirm-expired-title = リンクの有効期限が切れています
confirm-expired-lead = 申し込みから{ $hours }時間を過ぎました。何も記録していません。「{ $list }」をご希望の場合は、新しいリンクを取得してください。
confirm-superseded-title = 登録していません
confirm-superseded-lead = お申し込みの後に「いいえ」を選択されており、そちらが有効です。何も変わっていません。「{ $list }」をご希望の場合は、設定ページで選択してください。
confirm-blocked = { $brand }からの{ media }を停止されているため、「{ $list }」はこの方法では届きません。設定ページで変更できます。
ask-new-link = 新しいリンクを取得する
taken-title = 受け付けました
taken-lead = 今後、{ $brand }の「{ $list }」が { $address } に届きます。いつでも停止できます。すでに選択が記録されている場合は、先にリンク付きのメッセージが届き、その先のボタンを押したときだけ有効になります。
