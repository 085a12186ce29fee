choices-title = Az Ön beállításai
choices-lead = Itt adhatja meg, milyen reklámot küldhet Önnek { $brand }. A bizonylatok és a fiókjával kapcsolatos értesítések mindenképpen megérkeznek.
row = { $level ->
    [any] Bármilyen reklám
    [identity] { $channel ->
        [sms] Reklám SMS-ben erre a számra: { $address }
        [push] Reklám push-értesítésben ezen az eszközön
        [whatsApp] Reklám WhatsAppon erre a számra: { $address }
       *[email] Reklám e-mailben erre a címre: { $address }
    }
    [subscription] Lista: „{ $list }”
   *[channel] { $channel ->
        [sms] Reklám SMS-ben az Ön bármelyik számára
        [push] Reklám push-értesítésben az Ön bármelyik eszközén
        [whatsApp] Reklám WhatsAppon az Ön bármelyik számára
       *[email] Reklám e-mailben az Ön bármelyik címére
    }
}
known-yes = Igen, { $date } óta
known-yes-undated = Igen, a dátum nem ismert
known-no = Nem, { $date } óta
known-no-undated = Nem, a dátum nem ismert
known-pending = Még nincs megerősítve
known-other = Rögzítve: { $value }
known-nothing = Erről még nem nyilatkozott
rule = A tágabb „nem” erősebb, mint a szűkebb „igen”: ha bármilyen reklámra nemet mond, minden leáll.
save = Beállítások mentése
saved = Mentve. A beállítások mostantól érvényesek.
stop-all = Minden reklám leállítása
stop-all-lead = Egyetlen gombnyomás, és { $brand } semmilyen úton nem küld Önnek több reklámot.
stopped-all = Leállítva: { $brand } semmilyen reklámot nem küld Önnek.
stopped-all-since = { $date } óta leállítva: { $brand } semmilyen reklámot nem küld Önnek. Amíg ez így van, a máshol megadott „igennek” nincs hatása.
