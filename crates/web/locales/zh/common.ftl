sender-unknown = 该发件方
media = { $channel ->
    [sms] 营销短信
    [push] 营销推送通知
    [whatsApp] WhatsApp营销消息
   *[email] 营销邮件
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

sent-to = 发送至 { $address }
still-come = 收据和账户通知仍会照常发送。
unsubscribe = 退订
undo = 撤销
more-choices = 查看您的所有选择

yes = 是
no = 否
