choices-title = As suas escolhas
choices-lead = A publicidade que { $brand } pode enviar. Os recibos e os avisos sobre a sua conta chegam sempre.
row = { $level ->
    [any] Publicidade de qualquer tipo
    [identity] { $channel ->
        [sms] Publicidade por SMS para { $address }
        [push] Publicidade por notificações push neste dispositivo
        [whatsApp] Publicidade por WhatsApp para { $address }
       *[email] Publicidade por e-mail para { $address }
    }
    [subscription] A lista “{ $list }”
   *[channel] { $channel ->
        [sms] Publicidade por SMS para qualquer número seu
        [push] Publicidade por notificações push em qualquer dispositivo seu
        [whatsApp] Publicidade por WhatsApp para qualquer número seu
       *[email] Publicidade por e-mail para qualquer endereço seu
    }
}
known-yes = Sim desde { $date }
known-yes-undated = Sim, data desconhecida
known-no = Não desde { $date }
known-no-undated = Não, data desconhecida
known-pending = Ainda não confirmado
known-other = Guardado: { $value }
known-nothing = Ainda não disse nada sobre isto
rule = O não mais amplo prevalece: um não à publicidade de qualquer tipo interrompe tudo.
save = Guardar as minhas escolhas
saved = Guardado. As suas escolhas valem a partir de agora.
stop-all = Interromper toda a publicidade
stop-all-lead = Um clique, e não receberá mais publicidade de { $brand }, por nenhum meio.
stopped-all = Toda a publicidade de { $brand } está interrompida.
stopped-all-since = Toda a publicidade de { $brand } está interrompida desde { $date }. Enquanto for assim, um sim a outra coisa não tem efeito.
