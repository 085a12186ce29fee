landing-saved = 저장했습니다. 설정이 지금부터 적용됩니다.
landing-nothing = 변경된 내용이 없습니다.
landing-closed-title = 종료된 페이지입니다
landing-closed-lead = 더 이상 열려 있지 않아 여기에서 변경할 수 없습니다. 수신 설정은 그대로입니다.
landing-no-person = 메시지의 링크로 이 페이지를 열어 주세요. 그래야 누구의 설정인지 알 수 있습니다.
landing-preview = 미리보기입니다. 아무것도 기록되지 않습니다.
