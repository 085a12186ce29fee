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

ask-title = { $level ->
    [any] Dejar de recibir toda la publicidad de { $brand }
    [identity] Dejar de recibir { media } de { $brand } en esta dirección
    [subscription] Darse de baja de «{ $list }» de { $brand }
   *[channel] Dejar de recibir { media } de { $brand }
}
ask-lead = { $level ->
    [any] Pulse el botón y no recibirá más publicidad, sea cual sea el medio. Tiene efecto inmediato.
    [identity] Pulse el botón y no llegará más { media } a esta dirección. Tiene efecto inmediato.
    [subscription] Pulse el botón y no recibirá nada más de esta lista. Tiene efecto inmediato.
   *[channel] Pulse el botón y no recibirá más { media }, ni en esta dirección ni en ninguna otra suya. Tiene efecto inmediato.
}
sent-to = Enviado a { $address }
still-come = Seguirá recibiendo los recibos y los avisos sobre su cuenta.
outdated-lead = Este enlace es anterior a su última suscripción, por lo que no ha actuado por sí solo. No ha cambiado nada. Si quiere darse de baja, pulse el botón.
unsubscribe = Darse de baja
undo = Deshacer
undo-lead = ¿No era lo que quería?
more-choices = Ver todas sus preferencias

done-title = Se ha dado de baja
done-lead = { $level ->
    [any] Desde ahora no recibirá más publicidad de { $brand }.
    [identity] Desde ahora no recibirá más { media } de { $brand } en esta dirección.
    [subscription] Desde ahora no recibirá más «{ $list }» de { $brand }.
   *[channel] Desde ahora no recibirá más { media } de { $brand }.
}
out-title = Ya se había dado de baja
out-lead = { $level ->
    [any] No recibe publicidad de { $brand }.
    [identity] No recibe { media } de { $brand } en esta dirección.
    [subscription] No recibe «{ $list }» de { $brand }.
   *[channel] No recibe { media } de { $brand }.
}
out-since = Es así desde el { $date }.

undo-ask-title = Deshacer la baja
undo-ask-lead = Pulse el botón y su elección volverá a ser la que era antes de darse de baja.
undone-title = Deshecho
undone-lead = Su elección vuelve a ser la que era antes de darse de baja. Puede darse de baja cuando quiera.
superseded-title = No hay nada que deshacer
superseded-lead = Desde entonces ha hecho una elección más reciente, y esa es la que vale. No ha cambiado nada.
proof-title = Este es un enlace de prueba
proof-lead = Muestra lo que vería un destinatario. No se ha guardado nada.

choices-title = Sus preferencias
choices-lead = Qué publicidad puede enviarle { $brand }. Los recibos y los avisos sobre su cuenta le llegarán en todo caso.
row = { $level ->
    [any] Publicidad de cualquier tipo
    [identity] { $channel ->
        [sms] Publicidad por SMS al { $address }
        [push] Publicidad por notificaciones push en este dispositivo
       *[email] Publicidad por correo electrónico a { $address }
    }
    [subscription] La lista «{ $list }»
   *[channel] { $channel ->
        [sms] Publicidad por SMS a cualquiera de sus números
        [push] Publicidad por notificaciones push en cualquiera de sus dispositivos
       *[email] Publicidad por correo electrónico a cualquiera de sus direcciones
    }
}
yes = Sí
no = No
known-yes = Sí desde el { $date }
known-yes-undated = Sí, fecha desconocida
known-no = No desde el { $date }
known-no-undated = No, fecha desconocida
known-pending = Sin confirmar todavía
known-other = Guardado: { $value }
known-nothing = Todavía no ha dicho nada sobre esto
rule = El no más amplio prevalece: un no a la publicidad de cualquier tipo lo detiene todo.
save = Guardar mis preferencias
saved = Guardado. Sus preferencias valen desde ahora.
stop-all = Detener toda la publicidad
stop-all-lead = Pulse una vez y no le llegará ninguna publicidad de { $brand }, sea cual sea el medio.
stopped-all = Toda la publicidad de { $brand } está detenida.
stopped-all-since = Toda la publicidad de { $brand } está detenida desde el { $date }. Mientras sea así, un sí a otra cosa no tiene efecto.

incomplete-title = Este enlace está incompleto
incomplete-lead = No podemos saber de quién es la elección, así que no ha cambiado nada. Ábralo otra vez desde el mensaje; si lo copió, compruebe que lo copió entero.
unknown-title = No conocemos este enlace
unknown-lead = No es nuestro, o aquello para lo que se creó ya no existe. No ha cambiado nada. Abra otra vez el enlace del mensaje.
refused-title = No ha funcionado
refused-lead = Esta página no ha podido leer lo que se le envió, así que no ha cambiado nada. Abra otra vez el enlace del mensaje y pulse el botón.
unavailable-title = Ahora mismo no es posible
unavailable-lead = Su elección no se ha guardado. Inténtelo otra vez dentro de un minuto: su enlace sigue siendo válido.
missing-title = Aquí no hay ninguna página
missing-lead = Abra otra vez el enlace del mensaje.
failed-title = Algo ha fallado por nuestra parte
failed-lead = Su elección no se ha guardado. Inténtelo más tarde: su enlace sigue siendo válido.
