subscribe-title = ‘{ $list }’ 구독
subscribe-email = 이메일 주소
subscribe-number = 전화번호(국가 번호 포함)
subscribe-terms = { $channel ->
    [sms] 예, { $brand }에서 ‘{ $list }’ 소식을 문자로 보내는 데 동의합니다. STOP이라고 답장하거나 메시지의 링크로 언제든지 중단할 수 있습니다.
   *[email] 예, { $brand }에서 ‘{ $list }’ 소식을 이메일로 보내는 데 동의합니다. 각 이메일의 링크로 언제든지 수신을 거부할 수 있습니다.
}
subscribe-terms-missing = 동의하면 확인란을 선택하세요. 선택하지 않으면 아무것도 발송되지 않습니다.
subscribe = 구독
address-malformed = { $channel ->
    [sms] 이 전화번호로는 보낼 수 없습니다. 국가 번호를 포함해 입력하세요(예: +44 7700 900123).
   *[email] 이 이메일 주소로는 보낼 수 없습니다. 빠진 글자나 공백이 있는지 확인하세요.
}
check-title = { $channel ->
    [sms] 휴대전화를 확인하세요
   *[email] 받은편지함을 확인하세요
}
check-lead = { $channel ->
    [sms] 링크가 담긴 문자를 { $address } 번호로 보내고 있습니다. 링크를 열고 버튼을 눌러야 구독이 시작됩니다.
   *[email] 링크가 담긴 이메일을 { $address } 주소로 보내고 있습니다. 링크를 열고 버튼을 눌러야 구독이 시작됩니다.
}
check-late = 몇 분이 지나도 오지 않나요? 스팸함을 확인하거나, 주소를 확인하거나, 다시 보내 보세요.
send-again = 다시 보내기
sent-again = 다시 보냈습니다. 단, 이 주소로 이미 충분히 보낸 경우에는 발송되지 않습니다.
joined-title = 구독이 시작되었습니다
joined-lead = 지금부터 { $brand }에서 보내는 ‘{ $list }’ 소식을 { $address } 주소로 받습니다. 언제든지 수신을 거부할 수 있습니다.
not-open-title = ‘{ $list }’ 소식은 지금 구독할 수 없습니다
not-open-starts = { $date }부터 구독할 수 있습니다.
not-open-ended = 이 소식은 종료되었습니다.
confirm-title = ‘{ $list }’ 소식을 구독할까요?
confirm-lead = 버튼을 누르면 { $brand }에서 ‘{ $list }’ 소식을 { $address } 주소로 보냅니다. 본인이 신청하지 않았다면 아무것도 하지 마세요. 아무것도 발송되지 않습니다.
confirm-agreed = { $date }에 동의한 내용:
confirm = 예, 구독합니다
confirm-expired-title = 링크가 만료되었습니다
confirm-expired-lead = 신청한 지 { $hours }시간이 지났습니다. 아무것도 기록되지 않았습니다. 아직 ‘{ $list }’ 소식을 원하면 새 링크를 요청하세요.
confirm-superseded-title = 구독되지 않았습니다
confirm-superseded-lead = 신청한 뒤에 ‘아니요’를 선택하여 그 선택이 적용됩니다. 변경된 내용이 없습니다. ‘{ $list }’ 소식을 원하면 수신 설정 페이지에서 선택하세요.
confirm-blocked = { $brand }에서 보내는 { media } 수신을 중단해 두어 ‘{ $list }’ 소식이 이 방법으로 발송되지 않습니다. 수신 설정 페이지에서 변경할 수 있습니다.
ask-new-link = 새 링크 요청
taken-title = 접수되었습니다
taken-lead = 지금부터 { $brand }에서 보내는 ‘{ $list }’ 소식을 { $address } 주소로 받습니다. 언제든지 수신을 거부할 수 있습니다. 이미 저장된 선택이 있으면 링크가 담긴 메시지가 먼저 오며, 그 페이지의 버튼을 눌러야만 적용됩니다.
