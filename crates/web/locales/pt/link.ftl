ask-title = { $level ->
    [any] Deixar de receber publicidade de { $brand }
    [identity] Deixar de receber { media } de { $brand } neste endereço
    [subscription] Cancelar a inscrição em “{ $list }” de { $brand }
   *[channel] Deixar de receber { media } de { $brand }
}
ask-lead = { $level ->
    [any] Clique no botão e não receberá mais publicidade, por nenhum meio. Tem efeito imediato.
    [identity] Clique no botão e não chegará mais { media } a este endereço. Tem efeito imediato.
    [subscription] Clique no botão e não receberá mais nada desta lista. Tem efeito imediato.
   *[channel] Clique no botão e não receberá mais { media }, nem neste endereço nem em outro que seja seu. Tem efeito imediato.
}
outdated-lead = Este link é anterior à sua última inscrição, por isso não agiu sozinho. Nada mudou. Se quiser cancelar a inscrição, clique no botão.
undo-lead = Não era o que queria?

done-title = A inscrição foi cancelada
done-lead = { $level ->
    [any] A partir de agora, não receberá mais publicidade de { $brand }.
    [identity] A partir de agora, não receberá mais { media } de { $brand } neste endereço.
    [subscription] A partir de agora, não receberá mais “{ $list }” de { $brand }.
   *[channel] A partir de agora, não receberá mais { media } de { $brand }.
}
out-title = A inscrição já estava cancelada
out-lead = { $level ->
    [any] Não recebe publicidade de { $brand }.
    [identity] Não recebe { media } de { $brand } neste endereço.
    [subscription] Não recebe “{ $list }” de { $brand }.
   *[channel] Não recebe { media } de { $brand }.
}
out-since = É assim desde { $date }.

undo-ask-title = Desfazer o cancelamento
undo-ask-lead = Clique no botão e a sua escolha volta a ser a que era antes do cancelamento.
undone-title = Desfeito
undone-lead = A sua escolha voltou a ser a que era antes do cancelamento. Pode cancelar a inscrição quando quiser.
superseded-title = Não há nada para desfazer
superseded-lead = Depois disso, fez uma escolha mais recente, e é essa que vale. Nada mudou.
proof-title = Este é um link de teste
proof-lead = Mostra o que um destinatário veria. Nada foi guardado.
