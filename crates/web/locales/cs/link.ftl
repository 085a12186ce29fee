ask-title = { $level ->
    [any] Zastavit veškerou reklamu od firmy { $brand }
    [identity] Zastavit { media } od firmy { $brand } na tuto adresu
    [subscription] Odhlásit „{ $list }“ od firmy { $brand }
   *[channel] Zastavit { media } od firmy { $brand }
}
ask-lead = { $level ->
    [any] Stiskněte tlačítko a žádnou další reklamu už nedostanete, ať se posílá jakkoli. Platí to hned.
    [identity] Stiskněte tlačítko a na tuto adresu už nedostanete { media }. Platí to hned.
    [subscription] Stiskněte tlačítko a z tohoto seznamu už nic nedostanete. Platí to hned.
   *[channel] Stiskněte tlačítko a už nedostanete { media } ani na tuto, ani na jinou svou adresu. Platí to hned.
}
outdated-lead = Tento odkaz je z doby před vaším posledním přihlášením k odběru, proto nezapůsobil sám. Nic se nezměnilo. Pokud se chcete odhlásit, stiskněte tlačítko.
undo-lead = Byl to omyl?

done-title = Odhlášeno
done-lead = { $level ->
    [any] Od této chvíle nebudete dostávat žádnou reklamu od firmy { $brand }.
    [identity] Od této chvíle nebudete na této adrese dostávat { media } od firmy { $brand }.
    [subscription] Od této chvíle nebudete dostávat „{ $list }“ od firmy { $brand }.
   *[channel] Od této chvíle nebudete dostávat { media } od firmy { $brand }.
}
out-title = Už máte odhlášeno
out-lead = { $level ->
    [any] Nedostáváte žádnou reklamu od firmy { $brand }.
    [identity] Nedostáváte na této adrese { media } od firmy { $brand }.
    [subscription] Nedostáváte „{ $list }“ od firmy { $brand }.
   *[channel] Nedostáváte { media } od firmy { $brand }.
}
out-since = Platí to od { $date }.

undo-ask-title = Vrátit odhlášení zpět
undo-ask-lead = Stiskněte tlačítko a bude znovu platit to, co platilo před odhlášením.
undone-title = Vráceno zpět
undone-lead = Znovu platí to, co platilo před odhlášením. Odhlásit se můžete dál kdykoli.
superseded-title = Není co vracet
superseded-lead = Mezitím je zvoleno něco novějšího a to platí. Nic se nezměnilo.
proof-title = Toto je zkušební odkaz
proof-lead = Ukazuje, co by viděl příjemce. Nic se neuložilo.
