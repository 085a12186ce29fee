landing-saved = Guardado. Sus preferencias valen desde ahora.
landing-nothing = No se ha cambiado nada.
landing-closed-title = Esta página está cerrada
landing-closed-lead = Ya no está abierta, así que aquí no se puede cambiar nada. Sus preferencias siguen como estaban.
landing-no-person = Abra esta página con el enlace de un mensaje: así sabremos de quién son las preferencias.
landing-preview = Vista previa. No se guarda nada.
