sender-unknown = este remitente
media = { $channel ->
    [sms] publicidad por SMS
    [push] publicidad por notificaciones push
   *[email] publicidad por correo electrónico
}
month-1 = enero
month-2 = febrero
month-3 = marzo
month-4 = abril
month-5 = mayo
month-6 = junio
month-7 = julio
month-8 = agosto
month-9 = septiembre
month-10 = octubre
month-11 = noviembre
month-12 = diciembre
date = { $day } de { $month } de { $year }

sent-to = Enviado a { $address }
still-come = Seguirá recibiendo los recibos y los avisos sobre su cuenta.
unsubscribe = Darse de baja
undo = Deshacer
more-choices = Ver todas sus preferencias

yes = Sí
no = No
