choices-title = 수신 설정
choices-lead = { $brand }에서 보내는 광고 중 어떤 것을 받을지 정할 수 있습니다. 영수증과 계정 안내는 설정과 관계없이 발송됩니다.
row = { $level ->
    [any] 모든 종류의 광고
    [identity] { $channel ->
        [sms] 광고 문자: { $address }
        [push] 이 기기로 오는 광고 푸시 알림
        [whatsApp] WhatsApp 광고 메시지: { $address }
       *[email] 광고 이메일: { $address }
    }
    [subscription] ‘{ $list }’ 소식
   *[channel] { $channel ->
        [sms] 내 모든 번호로 오는 광고 문자
        [push] 내 모든 기기로 오는 광고 푸시 알림
        [whatsApp] 내 모든 번호로 오는 WhatsApp 광고 메시지
       *[email] 내 모든 주소로 오는 광고 이메일
    }
}
known-yes = { $date }부터 ‘예’
known-yes-undated = ‘예’, 날짜 알 수 없음
known-no = { $date }부터 ‘아니요’
known-no-undated = ‘아니요’, 날짜 알 수 없음
known-pending = 아직 확인되지 않음
known-other = 저장된 값: { $value }
known-nothing = 아직 선택하지 않았습니다
rule = 범위가 넓은 ‘아니요’가 범위가 좁은 ‘예’보다 우선합니다. 모든 종류의 광고에 ‘아니요’를 선택하면 전부 중단됩니다.
save = 내 설정 저장
saved = 저장했습니다. 설정이 지금부터 적용됩니다.
stop-all = 모든 광고 중단
stop-all-lead = 버튼을 한 번 누르면 어떤 방법으로도 { $brand }에서 보내는 광고를 더 이상 받지 않습니다.
stopped-all = { $brand }에서 보내는 모든 광고가 중단되었습니다.
stopped-all-since = { $brand }에서 보내는 모든 광고가 { $date }부터 중단되었습니다. 중단되어 있는 동안에는 다른 항목에서 ‘예’를 선택해도 적용되지 않습니다.
