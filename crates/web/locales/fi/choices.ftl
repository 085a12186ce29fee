choices-title = Valintasi
choices-lead = Mitä markkinointia { $brand } saa lähettää sinulle. Kuitit ja tiliäsi koskevat ilmoitukset tulevat joka tapauksessa.
row = { $level ->
    [any] Kaikenlainen markkinointi
    [identity] { $channel ->
        [sms] Markkinointi tekstiviestitse numeroon { $address }
        [push] Markkinointi push-ilmoituksina tällä laitteella
        [whatsApp] Markkinointi WhatsAppissa numeroon { $address }
       *[email] Markkinointi sähköpostitse osoitteeseen { $address }
    }
    [subscription] Lista ”{ $list }”
   *[channel] { $channel ->
        [sms] Markkinointi tekstiviestitse kaikkiin numeroihisi
        [push] Markkinointi push-ilmoituksina kaikilla laitteillasi
        [whatsApp] Markkinointi WhatsAppissa kaikkiin numeroihisi
       *[email] Markkinointi sähköpostitse kaikkiin osoitteisiisi
    }
}
known-yes = Kyllä { $date } lähtien
known-yes-undated = Kyllä, päivä ei tiedossa
known-no = Ei { $date } lähtien
known-no-undated = Ei, päivä ei tiedossa
known-pending = Ei vielä vahvistettu
known-other = Tallennettu: { $value }
known-nothing = Et ole vielä kertonut tästä mitään
rule = Laajempi kielto on voimassa: kaikenlaisen markkinoinnin kielto pysäyttää kaiken.
save = Tallenna valintani
saved = Tallennettu. Valintasi ovat voimassa heti.
stop-all = Lopeta kaikki markkinointi
stop-all-lead = Yksi painallus, niin { $brand } ei enää lähetä sinulle markkinointia millään tavalla.
stopped-all = { $brand } ei enää lähetä sinulle mitään markkinointia.
stopped-all-since = Kaikki markkinointi on estetty { $date } lähtien: { $brand } ei lähetä sinulle markkinointia. Niin kauan kuin esto on voimassa, ”kyllä” johonkin muuhun ei vaikuta.
