ask-title = { $level ->
    [any] Opriți toată publicitatea de la firma { $brand }
    [identity] Opriți trimiterea de { media } de la firma { $brand } la această adresă
    [subscription] Dezabonare de la lista „{ $list }” a firmei { $brand }
   *[channel] Opriți trimiterea de { media } de la firma { $brand }
}
ask-lead = { $level ->
    [any] Apăsați butonul și nu veți mai primi nicio publicitate, indiferent pe ce cale. Are efect imediat.
    [identity] Apăsați butonul și nu veți mai primi { media } la această adresă. Are efect imediat.
    [subscription] Apăsați butonul și nu veți mai primi nimic din această listă. Are efect imediat.
   *[channel] Apăsați butonul și nu veți mai primi { media }, nici la această adresă, nici la alta. Are efect imediat.
}
outdated-lead = Acest link este dinainte de ultima dumneavoastră abonare, de aceea nu a acționat singur. Nu s-a schimbat nimic. Dacă doriți să vă dezabonați, apăsați butonul.
undo-lead = Nu asta ați vrut?

done-title = V-am dezabonat
done-lead = { $level ->
    [any] De acum nu veți mai primi nicio publicitate de la firma { $brand }.
    [identity] De acum nu veți mai primi { media } de la firma { $brand } la această adresă.
    [subscription] De acum nu veți mai primi „{ $list }” de la firma { $brand }.
   *[channel] De acum nu veți mai primi { media } de la firma { $brand }.
}
out-title = V-am dezabonat deja
out-lead = { $level ->
    [any] Nu primiți nicio publicitate de la firma { $brand }.
    [identity] Nu primiți { media } de la firma { $brand } la această adresă.
    [subscription] Nu primiți „{ $list }” de la firma { $brand }.
   *[channel] Nu primiți { media } de la firma { $brand }.
}
out-since = Este așa din { $date }.

undo-ask-title = Anulați dezabonarea
undo-ask-lead = Apăsați butonul și devine din nou valabil ce era înainte de dezabonare.
undone-title = Dezabonarea a fost anulată
undone-lead = Este din nou valabil ce era înainte de dezabonare. Vă puteți dezabona în continuare oricând.
superseded-title = Nu este nimic de anulat
superseded-lead = Între timp ați făcut o alegere mai nouă și aceea este valabilă. Nu s-a schimbat nimic.
proof-title = Acesta este un link de test
proof-lead = Arată ce ar vedea un destinatar. Nu s-a înregistrat nimic.
