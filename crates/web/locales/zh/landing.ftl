landing-saved = 已保存。您的选择即刻生效。
landing-nothing = 没有任何更改。
landing-closed-title = 此页面已关闭
landing-closed-lead = 此页面不再开放，因此无法在此更改任何内容。您的选择保持不变。
landing-no-person = 请通过消息中的链接打开此页面，这样我们才知道是谁的选择。
landing-preview = 预览。不会记录任何内容。
