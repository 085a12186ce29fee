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
outdated-lead = Este enlace es anterior a su última suscripción, por lo que no ha actuado por sí solo. No ha cambiado nada. Si quiere darse de baja, pulse el botón.
undo-lead = ¿No era lo que quería?

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
