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
