subscribe-title = Feliratkozás: „{ $list }”
subscribe-email = Az Ön e-mail-címe
subscribe-number = Az Ön telefonszáma országkóddal
subscribe-terms = { $channel ->
    [sms] Igen, { $brand } SMS-ben küldheti nekem ezt: „{ $list }”. Bármikor leállíthatom, ha STOP választ küldök, vagy az üzenetben lévő linkkel.
   *[email] Igen, { $brand } e-mailben küldheti nekem ezt: „{ $list }”. Bármikor leiratkozhatok az üzenetekben lévő linkkel.
}
subscribe-terms-missing = Jelölje be a négyzetet, ha beleegyezik; enélkül nem küldünk semmit.
subscribe = Feliratkozás
address-malformed = { $channel ->
    [sms] Erre a telefonszámra nem tudunk küldeni. Írja országkóddal, például +44 7700 900123.
   *[email] Erre az e-mail-címre nem tudunk küldeni. Nem hiányzik belőle egy betű, vagy nincs benne szóköz?
}
check-title = { $channel ->
    [sms] Nézze meg a telefonját
   *[email] Nézze meg a postafiókját
}
check-lead = { $channel ->
    [sms] SMS-t küldtünk egy linkkel ide: { $address }. Nyissa meg a linket, és nyomja meg a gombot: a feliratkozás csak ezután érvényes.
   *[email] Üzenetet küldtünk egy linkkel ide: { $address }. Nyissa meg a linket, és nyomja meg a gombot: a feliratkozás csak ezután érvényes.
}
check-late = Néhány perc után sincs ott? Nézze meg a levélszemét között, ellenőrizze a címet, vagy küldesse el még egyszer.
send-again = Küldés még egyszer
sent-again = Még egyszer elküldtük, hacsak erre a címre már nem ment elég.
joined-title = Feliratkozott
joined-lead = Mostantól ezt kapja: „{ $list }” ({ $brand }), ide: { $address }. Bármikor leiratkozhat.
not-open-title = „{ $list }” – most nem lehet feliratkozni
not-open-starts = Feliratkozás ettől a naptól: { $date }
not-open-ended = Ez a lista véget ért.
confirm-title = Feliratkozik erre: „{ $list }”?
confirm-lead = Nyomja meg a gombot, és mostantól { $brand } ezt küldi: „{ $list }”, ide: { $address }. Ha nem Ön kérte, nincs teendője: ekkor nem érkezik semmi.
confirm-agreed = Amihez hozzájárult ({ $date }):
confirm = Igen, feliratkozom
confirm-expired-title = Ez a link lejárt
confirm-expired-lead = Több mint { $hours } órája kérték. Semmit sem rögzítettünk. Ha még szeretné megkapni ezt: „{ $list }”, kérjen új linket.
confirm-superseded-title = Nincs feliratkozva
confirm-superseded-lead = A kérés óta nemet mondott, és az érvényes. Semmi sem változott. Ha mégis szeretné megkapni ezt: „{ $list }”, válassza ki a beállítások oldalán.
confirm-blocked = Ön azt kérte, hogy { $brand } ne küldjön { media }, ezért így nem érkezik meg: „{ $list }”. Ezt a beállítások oldalán módosíthatja.
ask-new-link = Új link kérése
taken-title = Feljegyeztük
taken-lead = Mostantól ezt kapja: „{ $list }” ({ $brand }), ide: { $address }. Bármikor leiratkozhat. Ha már van elmentett választás, előbb egy linket tartalmazó üzenet érkezik, és csak a mögötte lévő gomb számít.
