sender-unknown = 이 업체
media = { $channel ->
    [sms] 광고 문자
    [push] 광고 푸시 알림
    [whatsApp] WhatsApp 광고 메시지
   *[email] 광고 이메일
}
month-1 = 1월
month-2 = 2월
month-3 = 3월
month-4 = 4월
month-5 = 5월
month-6 = 6월
month-7 = 7월
month-8 = 8월
month-9 = 9월
month-10 = 10월
month-11 = 11월
month-12 = 12월
date = { $year }년 { $month } { $day }일

sent-to = 받는 곳: { $address }
still-come = 영수증과 계정 안내는 계속 발송됩니다.
unsubscribe = 수신 거부
undo = 되돌리기
more-choices = 모든 수신 설정 보기

yes = 예
no = 아니요
