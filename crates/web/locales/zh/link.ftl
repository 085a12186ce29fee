ask-title = { $level ->
    [any] 停止接收{ $brand }的所有营销信息
    [identity] 此地址停止接收{ $brand }的{ media }
    [subscription] 退订{ $brand }的“{ $list }”
   *[channel] 停止接收{ $brand }的{ media }
}
ask-lead = { $level ->
    [any] 点击按钮后，无论通过何种方式，您都不会再收到营销信息。即刻生效。
    [identity] 点击按钮后，此地址不会再收到{ media }。即刻生效。
    [subscription] 点击按钮后，您不会再收到此列表的任何消息。即刻生效。
   *[channel] 点击按钮后，无论是此地址还是您的其他地址，都不会再收到{ media }。即刻生效。
}
outdated-lead = 此链接早于您最近一次订阅，因此没有自动生效。没有任何更改。如果您想退订，请点击按钮。
undo-lead = 不是您的本意？

done-title = 您已退订
done-lead = { $level ->
    [any] 从现在起，您不会再收到{ $brand }的任何营销信息。
    [identity] 从现在起，此地址不会再收到{ $brand }的{ media }。
    [subscription] 从现在起，您不会再收到{ $brand }的“{ $list }”。
   *[channel] 从现在起，您不会再收到{ $brand }的{ media }。
}
out-title = 您此前已退订
out-lead = { $level ->
    [any] 您不会收到{ $brand }的任何营销信息。
    [identity] 此地址不会收到{ $brand }的{ media }。
    [subscription] 您不会收到{ $brand }的“{ $list }”。
   *[channel] 您不会收到{ $brand }的{ media }。
}
out-since = 自{ $date }起生效。

undo-ask-title = 撤销退订
undo-ask-lead = 点击按钮后，您的选择将恢复到退订之前的状态。
undone-title = 已撤销
undone-lead = 您的选择已恢复到退订之前的状态。您仍可随时退订。
superseded-title = 没有可撤销的内容
superseded-lead = 您之后又作出了新的选择，以新的选择为准。没有任何更改。
proof-title = 这是测试链接
proof-lead = 此处显示收件人会看到的内容。未记录任何内容。
