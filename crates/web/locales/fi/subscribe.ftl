subscribe-title = Tilaa ”{ $list }”
subscribe-email = Sähköpostiosoitteesi
subscribe-number = Puhelinnumerosi maakoodin kanssa
subscribe-terms = { $channel ->
    [sms] Kyllä, { $brand } saa lähettää minulle listan ”{ $list }” tekstiviestitse. Voin lopettaa milloin tahansa vastaamalla STOP tai viestin linkistä.
   *[email] Kyllä, { $brand } saa lähettää minulle listan ”{ $list }” sähköpostitse. Voin perua tilauksen milloin tahansa jokaisen viestin linkistä.
}
subscribe-terms-missing = Hyväksy rastittamalla ruutu. Ilman sitä mitään ei lähetetä.
subscribe = Tilaa
address-malformed = { $channel ->
    [sms] Emme voi lähettää tähän puhelinnumeroon. Kirjoita se maakoodin kanssa, esimerkiksi +358 41 2345678.
   *[email] Emme voi lähettää tähän sähköpostiosoitteeseen. Puuttuuko siitä kirjain, tai onko siinä välilyönti?
}
check-title = { $channel ->
    [sms] Katso puhelintasi
   *[email] Katso sähköpostiisi
}
check-lead = { $channel ->
    [sms] Tekstiviesti, jossa on linkki, on matkalla numeroon { $address }. Avaa linkki ja paina painiketta: vasta sitten tilaus on voimassa.
   *[email] Viesti, jossa on linkki, on matkalla osoitteeseen { $address }. Avaa linkki ja paina painiketta: vasta sitten tilaus on voimassa.
}
check-late = Eikö mitään ole tullut muutamassa minuutissa? Katso roskapostista, tarkista osoite tai pyydä viesti uudelleen.
send-again = Lähetä uudelleen
sent-again = Viesti on lähetetty uudelleen, ellei osoite ollut jo saanut niitä tarpeeksi.
joined-title = Tilaus on voimassa
joined-lead = Tästä lähtien { $brand } lähettää listan ”{ $list }” tänne: { $address }. Voit perua tilauksen milloin tahansa.
not-open-title = ”{ $list }” ei ole avoinna
not-open-starts = Voit tilata { $date } alkaen.
not-open-ended = Tämä lista on päättynyt.
confirm-title = Tilataanko ”{ $list }”?
confirm-lead = Paina painiketta, niin { $brand } lähettää listan ”{ $list }” tänne: { $address }. Jos et pyytänyt tätä, älä tee mitään: silloin mitään ei tule.
confirm-agreed = Tähän annettiin suostumus { $date }:
confirm = Kyllä, tilaan
confirm-expired-title = Linkki on vanhentunut
confirm-expired-lead = Sitä pyydettiin yli { $hours } tuntia sitten. Mitään ei ole tallennettu. Jos haluat edelleen listan ”{ $list }”, pyydä uusi linkki.
confirm-superseded-title = Ei tilattu
confirm-superseded-lead = Olet tämän pyynnön jälkeen vastannut ei, ja se on voimassa. Mitään ei ole muutettu. Jos sittenkin haluat listan ”{ $list }”, valitse se valintojesi sivulla.
confirm-blocked = Valintasi mukaan { $brand } ei lähetä sinulle { media }, joten ”{ $list }” ei tule sillä tavalla. Voit muuttaa tätä valintojesi sivulla.
ask-new-link = Pyydä uusi linkki
taken-title = Merkitty muistiin
taken-lead = Tästä lähtien { $brand } lähettää listan ”{ $list }” tänne: { $address }. Voit perua tilauksen milloin tahansa. Jos valinta on jo tallennettu, saat ensin viestin, jossa on linkki, ja vain sen takana oleva painike ratkaisee.
