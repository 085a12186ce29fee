subscribe-title = 订阅“{ $list }”
subscribe-email = 您的邮箱地址
subscribe-number = 您的手机号码（含国家代码）
subscribe-terms = { $channel ->
    [sms] 是的，{ $brand }可以通过短信向我发送“{ $list }”。我可以随时回复 STOP 或通过消息中的链接停止接收。
   *[email] 是的，{ $brand }可以通过邮件向我发送“{ $list }”。我可以随时通过每封邮件中的链接退订。
}
subscribe-terms-missing = 如果同意，请勾选；未勾选则不会发送任何内容。
subscribe = 订阅
address-malformed = { $channel ->
    [sms] 我们无法向此手机号码发送消息。请填写带国家代码的号码，例如 +44 7700 900123。
   *[email] 我们无法向此邮箱地址发送消息。是否漏了字母，或多了空格？
}
check-title = { $channel ->
    [sms] 请查看您的手机
   *[email] 请查看您的邮箱
}
check-lead = { $channel ->
    [sms] 含有链接的短信正在发往 { $address }。请打开链接并点击按钮，之后订阅才会生效。
   *[email] 含有链接的邮件正在发往 { $address }。请打开链接并点击按钮，之后订阅才会生效。
}
check-late = 几分钟后仍未收到？请查看垃圾邮件、检查地址，或重新发送。
send-again = 重新发送
sent-again = 已重新发送；如果此地址的发送次数已达上限，则不会再发送。
joined-title = 您已订阅
joined-lead = 从现在起，{ $brand }的“{ $list }”会发送至 { $address }。您可以随时退订。
not-open-title = “{ $list }”目前不开放订阅
not-open-starts = 自{ $date }起可以订阅。
not-open-ended = 此列表已结束。
confirm-title = 订阅“{ $list }”？
confirm-lead = 点击按钮后，{ $brand }会将“{ $list }”发送至 { $address }。如果不是您本人申请的，无需理会，您不会收到任何内容。
confirm-agreed = { $date }同意的内容：
confirm = 是的，我要订阅
confirm-expired-title = 此链接已过期
confirm-expired-lead = 距申请已超过 { $hours } 小时。未记录任何内容。如果您仍想接收“{ $list }”，请获取新链接。
confirm-superseded-title = 未订阅
confirm-superseded-lead = 您在申请之后选择了“否”，以此为准。没有任何更改。如果您仍想接收“{ $list }”，请在您的选择页面中选择。
confirm-blocked = 您已停止接收{ $brand }的{ media }，因此“{ $list }”不会以此方式发送。您可以在您的选择页面中更改。
ask-new-link = 获取新链接
taken-title = 已记下
taken-lead = 从现在起，{ $brand }的“{ $list }”会发送至 { $address }。您可以随时退订。如果已有保存的选择，则会先收到一条带链接的消息，只有点击其页面上的按钮才算数。
