ask-title = { $level ->
    [any] Mostantól { $brand } ne küldjön semmilyen reklámot
    [identity] Mostantól { $brand } ne küldjön { media } erre a címre
    [subscription] Leiratkozás: „{ $list }” ({ $brand })
   *[channel] Mostantól { $brand } ne küldjön { media }
}
ask-lead = { $level ->
    [any] Nyomja meg a gombot, és semmilyen úton nem kap több reklámot. Azonnal érvényes.
    [identity] Nyomja meg a gombot, és erre a címre nem kap több { media }. Azonnal érvényes.
    [subscription] Nyomja meg a gombot, és erről a listáról nem kap többé semmit. Azonnal érvényes.
   *[channel] Nyomja meg a gombot, és sem erre, sem más címére nem kap több { media }. Azonnal érvényes.
}
outdated-lead = Ez a link a legutóbbi feliratkozása előttről való, ezért magától nem lépett érvénybe. Semmi sem változott. Ha le szeretne iratkozni, nyomja meg a gombot.
undo-lead = Nem ezt szerette volna?

done-title = Leiratkozott
done-lead = { $level ->
    [any] Mostantól { $brand } semmilyen reklámot nem küld Önnek.
    [identity] Mostantól { $brand } nem küld { media } erre a címre.
    [subscription] Mostantól nem kapja többé ezt: „{ $list }” ({ $brand }).
   *[channel] Mostantól { $brand } nem küld Önnek { media }.
}
out-title = Már leiratkozott
out-lead = { $level ->
    [any] Jelenleg { $brand } semmilyen reklámot nem küld Önnek.
    [identity] Jelenleg { $brand } nem küld { media } erre a címre.
    [subscription] Ezt jelenleg nem kapja: „{ $list }” ({ $brand }).
   *[channel] Jelenleg { $brand } nem küld Önnek { media }.
}
out-since = Ez { $date } óta van így.

undo-ask-title = Leiratkozás visszavonása
undo-ask-lead = Nyomja meg a gombot, és újra az lesz érvényes, ami a leiratkozás előtt volt.
undone-title = Visszavonva
undone-lead = Újra az érvényes, ami a leiratkozás előtt volt. Továbbra is bármikor leiratkozhat.
superseded-title = Nincs mit visszavonni
superseded-lead = Azóta újabb döntést hozott, és az érvényes. Semmi sem változott.
proof-title = Ez egy próbalink
proof-lead = Azt mutatja, amit a címzett látna. Semmit sem rögzítettünk.
