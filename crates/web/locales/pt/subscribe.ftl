subscribe-title = Receber “{ $list }”
subscribe-email = O seu endereço de e-mail
subscribe-number = O seu número de telefone, com o código do país
subscribe-terms = { $channel ->
    [sms] Sim, { $brand } pode enviar-me “{ $list }” por SMS. Posso parar a qualquer momento, respondendo STOP ou pelo link de uma mensagem.
   *[email] Sim, { $brand } pode enviar-me “{ $list }” por e-mail. Posso cancelar a inscrição a qualquer momento pelo link de cada mensagem.
}
subscribe-terms-missing = Marque a caixa para aceitar; sem isso, nada é enviado.
subscribe = Inscrever-me
address-malformed = { $channel ->
    [sms] Não é possível enviar mensagens para este número de telefone. Escreva-o com o código do país, por exemplo +351 912 345 678.
   *[email] Não é possível enviar mensagens para este endereço de e-mail. Falta alguma letra ou há um espaço a mais?
}
check-title = { $channel ->
    [sms] Veja o seu telefone
   *[email] Veja a sua caixa de entrada
}
check-lead = { $channel ->
    [sms] Um SMS com um link está a caminho de { $address }. Abra o link e clique no botão: só então a inscrição fica feita.
   *[email] Um e-mail com um link está a caminho de { $address }. Abra o link e clique no botão: só então a inscrição fica feita.
}
check-late = Nada depois de alguns minutos? Veja no spam, verifique o endereço ou peça um novo envio.
send-again = Enviar de novo
sent-again = A mensagem foi enviada de novo, a não ser que o endereço já tivesse recebido o suficiente.
joined-title = A inscrição está feita
joined-lead = A partir de agora, “{ $list }” de { $brand } chega a { $address }. Pode cancelar a inscrição quando quiser.
not-open-title = A inscrição em “{ $list }” não está aberta
not-open-starts = Pode fazer a inscrição a partir de { $date }.
not-open-ended = Esta lista terminou.
confirm-title = Quer receber “{ $list }”?
confirm-lead = Clique no botão, e { $brand } enviará “{ $list }” para { $address }. Se não fez este pedido, não faça nada: assim nada chega.
confirm-agreed = O consentimento dado em { $date }:
confirm = Sim, quero receber
confirm-expired-title = Este link expirou
confirm-expired-lead = Foi pedido há mais de { $hours } horas. Nada foi guardado. Se ainda quiser “{ $list }”, peça um novo link.
confirm-superseded-title = Sem inscrição
confirm-superseded-lead = Depois deste pedido, disse que não, e é isso que vale. Nada mudou. Se mesmo assim quiser “{ $list }”, escolha esta lista na página das suas escolhas.
confirm-blocked = A { media } de { $brand } está interrompida por sua escolha, por isso “{ $list }” não chega por esse meio. Pode mudar isso na página das suas escolhas.
ask-new-link = Pedir um novo link
taken-title = Está anotado
taken-lead = A partir de agora, “{ $list }” de { $brand } chega a { $address }. Pode cancelar a inscrição quando quiser. Se já houver uma escolha registada, chega primeiro uma mensagem com um link, e só conta o botão a que ele leva.
