ask-title = { $level ->
    [any] { $brand }에서 보내는 모든 광고 중단
    [identity] 이 주소로 { $brand }에서 보내는 { media } 중단
    [subscription] { $brand }에서 보내는 ‘{ $list }’ 수신 거부
   *[channel] { $brand }에서 보내는 { media } 중단
}
ask-lead = { $level ->
    [any] 버튼을 누르면 어떤 방법으로도 광고를 더 이상 받지 않습니다. 바로 적용됩니다.
    [identity] 버튼을 누르면 이 주소의 { media } 수신이 중단됩니다. 바로 적용됩니다.
    [subscription] 버튼을 누르면 이 소식을 더 이상 받지 않습니다. 바로 적용됩니다.
   *[channel] 버튼을 누르면 이 주소를 포함한 모든 주소의 { media } 수신이 중단됩니다. 바로 적용됩니다.
}
outdated-lead = 이 링크는 마지막으로 구독하기 전에 보낸 것이어서 자동으로 적용되지 않았습니다. 변경된 내용이 없습니다. 수신을 거부하려면 버튼을 누르세요.
undo-lead = 원하던 것이 아닌가요?

done-title = 수신 거부가 완료되었습니다
done-lead = { $level ->
    [any] 지금부터 { $brand }에서 보내는 광고를 받지 않습니다.
    [identity] 지금부터 이 주소에서는 { $brand }의 { media } 수신이 중단됩니다.
    [subscription] 지금부터 { $brand }에서 보내는 ‘{ $list }’ 소식을 받지 않습니다.
   *[channel] 지금부터 { $brand }에서 보내는 { media } 수신이 중단됩니다.
}
out-title = 이미 수신 거부되어 있습니다
out-lead = { $level ->
    [any] { $brand }에서 보내는 광고를 받지 않고 있습니다.
    [identity] 이 주소에서는 { $brand }의 { media } 수신이 중단되어 있습니다.
    [subscription] { $brand }에서 보내는 ‘{ $list }’ 소식을 받지 않고 있습니다.
   *[channel] { $brand }에서 보내는 { media } 수신이 중단되어 있습니다.
}
out-since = { $date }부터 적용되고 있습니다.

undo-ask-title = 수신 거부 되돌리기
undo-ask-lead = 버튼을 누르면 수신 거부 전의 설정으로 돌아갑니다.
undone-title = 되돌렸습니다
undone-lead = 수신 거부 전의 설정으로 돌아갔습니다. 언제든지 다시 수신을 거부할 수 있습니다.
superseded-title = 되돌릴 내용이 없습니다
superseded-lead = 그 뒤에 새로 선택한 내용이 있어 그 선택이 적용됩니다. 변경된 내용이 없습니다.
proof-title = 테스트 링크입니다
proof-lead = 받는 사람에게 보이는 화면입니다. 아무것도 기록되지 않았습니다.
