ask-title = { $level ->
    [any] Rezygnacja z wszelkich reklam od firmy { $brand }
    [identity] Rezygnacja z { media } od firmy { $brand } na ten adres
    [subscription] Rezygnacja z listy „{ $list }” od firmy { $brand }
   *[channel] Rezygnacja z { media } od firmy { $brand }
}
ask-lead = { $level ->
    [any] Naciśnij przycisk, a nie dostaniesz już żadnych reklam, niezależnie od sposobu wysyłki. Działa od razu.
    [identity] Naciśnij przycisk, a nie dostaniesz już { media } na ten adres. Działa od razu.
    [subscription] Naciśnij przycisk, a z tej listy nic już do Ciebie nie przyjdzie. Działa od razu.
   *[channel] Naciśnij przycisk, a nie dostaniesz już { media } ani na ten, ani na żaden inny Twój adres. Działa od razu.
}
outdated-lead = Ten link pochodzi sprzed Twojego ostatniego zapisu, dlatego sam nie zadziałał. Nic się nie zmieniło. Jeśli chcesz się wypisać, naciśnij przycisk.
undo-lead = Nie o to chodziło?

done-title = Wypisaliśmy Cię
done-lead = { $level ->
    [any] Od teraz nie będziesz dostawać żadnych reklam od firmy { $brand }.
    [identity] Od teraz nie będziesz dostawać { media } od firmy { $brand } na ten adres.
    [subscription] Od teraz nie będziesz dostawać wiadomości z listy „{ $list }” od firmy { $brand }.
   *[channel] Od teraz nie będziesz dostawać { media } od firmy { $brand }.
}
out-title = Wypisaliśmy Cię już wcześniej
out-lead = { $level ->
    [any] Nie dostajesz żadnych reklam od firmy { $brand }.
    [identity] Nie dostajesz { media } od firmy { $brand } na ten adres.
    [subscription] Nie dostajesz wiadomości z listy „{ $list }” od firmy { $brand }.
   *[channel] Nie dostajesz { media } od firmy { $brand }.
}
out-since = Tak jest od { $date }.

undo-ask-title = Cofnij rezygnację
undo-ask-lead = Naciśnij przycisk, a znów będzie obowiązywać to, co było ustawione przed rezygnacją.
undone-title = Rezygnacja cofnięta
undone-lead = Znów obowiązuje to, co było ustawione przed rezygnacją. Nadal możesz się wypisać w każdej chwili.
superseded-title = Nie ma czego cofać
superseded-lead = Później wybrano już coś innego i to obowiązuje. Nic się nie zmieniło.
proof-title = To jest link testowy
proof-lead = Pokazuje, co zobaczyłby odbiorca. Nic nie zapisano.
