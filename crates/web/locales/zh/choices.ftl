choices-title = 您的选择
choices-lead = 您可以决定{ $brand }能向您发送哪些营销信息。收据和账户通知始终会发送。
row = { $level ->
    [any] 任何形式的营销信息
    [identity] { $channel ->
        [sms] 发送到 { $address } 的营销短信
        [push] 此设备上的营销推送通知
        [whatsApp] 发送到 { $address } 的WhatsApp营销消息
       *[email] 发送到 { $address } 的营销邮件
    }
    [subscription] “{ $list }”列表
   *[channel] { $channel ->
        [sms] 发送到您任何号码的营销短信
        [push] 您任何设备上的营销推送通知
        [whatsApp] 发送到您任何号码的WhatsApp营销消息
       *[email] 发送到您任何邮箱的营销邮件
    }
}
known-yes = 自{ $date }起为“是”
known-yes-undated = “是”，日期不详
known-no = 自{ $date }起为“否”
known-no-undated = “否”，日期不详
known-pending = 尚未确认
known-other = 已记录：{ $value }
known-nothing = 您尚未就此作出选择
rule = 范围较大的“否”优先于范围较小的“是”：对任何形式的营销信息选择“否”，即停止全部发送。
save = 保存我的选择
saved = 已保存。您的选择即刻生效。
stop-all = 停止所有营销信息
stop-all-lead = 只需点击一下，无论通过何种方式，您都不会再收到{ $brand }的营销信息。
stopped-all = { $brand }的所有营销信息均已停止。
stopped-all-since = 自{ $date }起，{ $brand }的所有营销信息均已停止。在此期间，即使其他项目选择“是”也不起作用。
