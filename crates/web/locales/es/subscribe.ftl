subscribe-title = Suscribirse a «{ $list }»
subscribe-email = Su correo electrónico
subscribe-number = Su número de teléfono, con el prefijo del país
subscribe-terms = { $channel ->
    [sms] Sí, { $brand } puede enviarme «{ $list }» por SMS. Puedo detenerlo cuando quiera respondiendo STOP o con el enlace de un mensaje.
   *[email] Sí, { $brand } puede enviarme «{ $list }» por correo electrónico. Puedo darme de baja cuando quiera con el enlace de cada mensaje.
}
subscribe-terms-missing = Marque la casilla para aceptar; sin eso no se envía nada.
subscribe = Suscribirse
address-malformed = { $channel ->
    [sms] No podemos enviar nada a este número de teléfono. Escríbalo con el prefijo del país, por ejemplo +34 612 34 56 78.
   *[email] No podemos enviar nada a esta dirección de correo. ¿Falta alguna letra o sobra un espacio?
}
check-title = { $channel ->
    [sms] Mire su teléfono
   *[email] Mire su bandeja de entrada
}
check-lead = { $channel ->
    [sms] Un SMS con un enlace va de camino a { $address }. Abra el enlace y pulse el botón: solo entonces quedará hecha la suscripción.
   *[email] Un correo con un enlace va de camino a { $address }. Abra el enlace y pulse el botón: solo entonces quedará hecha la suscripción.
}
check-late = ¿Pasados unos minutos no ha llegado nada? Mire en el correo no deseado, compruebe la dirección o pida que se envíe otra vez.
send-again = Enviar otra vez
sent-again = Se ha enviado otra vez, salvo que la dirección ya hubiera recibido suficientes.
joined-title = Suscripción activa
joined-lead = A partir de ahora, «{ $list }» de { $brand } llegará a { $address }. Puede darse de baja cuando quiera.
not-open-title = «{ $list }» no está abierta
not-open-starts = Podrá suscribirse a partir del { $date }.
not-open-ended = Esta lista ha terminado.
confirm-title = ¿Suscribirse a «{ $list }»?
confirm-lead = Pulse el botón y { $brand } enviará «{ $list }» a { $address }. Si no lo ha pedido usted, no haga nada: así no llegará nada.
confirm-agreed = Lo que se aceptó el { $date }:
confirm = Sí, suscribirme
confirm-expired-title = Este enlace ha caducado
confirm-expired-lead = Se pidió hace más de { $hours } horas. No se ha guardado nada. Si todavía quiere «{ $list }», pida un enlace nuevo.
confirm-superseded-title = Sin suscripción
confirm-superseded-lead = Después de pedirlo, usted dijo que no, y eso es lo que vale. No ha cambiado nada. Si al final quiere «{ $list }», elíjalo en la página de sus preferencias.
confirm-blocked = Ha detenido la { media } de { $brand }, así que «{ $list }» no le llega por ese medio. Puede cambiarlo en la página de sus preferencias.
ask-new-link = Pedir un enlace nuevo
taken-title = Anotado
taken-lead = A partir de ahora, «{ $list }» de { $brand } llegará a { $address }. Puede darse de baja cuando quiera. Si ya hay una elección guardada, primero llega un mensaje con un enlace, y solo cuenta el botón al que lleva.
