# Worded to be right in Brazil and in Portugal alike.
sender-unknown = quem lhe escreve
media = { $channel ->
    [sms] publicidade por SMS
    [push] publicidade por notificações push
    [whatsApp] publicidade por WhatsApp
   *[email] publicidade por e-mail
}
month-1 = janeiro
month-2 = fevereiro
month-3 = março
month-4 = abril
month-5 = maio
month-6 = junho
month-7 = julho
month-8 = agosto
month-9 = setembro
month-10 = outubro
month-11 = novembro
month-12 = dezembro
date = { $day } de { $month } de { $year }

sent-to = Enviado para { $address }
still-come = Os recibos e os avisos sobre a sua conta continuam a chegar.
unsubscribe = Cancelar a inscrição
undo = Desfazer
more-choices = Ver todas as suas escolhas

yes = Sim
no = Não
