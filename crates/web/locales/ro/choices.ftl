choices-title = Opțiunile dumneavoastră
choices-lead = Ce publicitate vă poate trimite firma { $brand }. Chitanțele și mesajele despre contul dumneavoastră vin în orice caz.
row = { $level ->
    [any] Publicitate de orice fel
    [identity] { $channel ->
        [sms] SMS-uri publicitare la numărul { $address }
        [push] Notificări push publicitare pe acest dispozitiv
        [whatsApp] Mesaje publicitare pe WhatsApp la numărul { $address }
       *[email] E-mailuri publicitare la adresa { $address }
    }
    [subscription] Lista „{ $list }”
   *[channel] { $channel ->
        [sms] SMS-uri publicitare la oricare dintre numerele dumneavoastră
        [push] Notificări push publicitare pe oricare dintre dispozitivele dumneavoastră
        [whatsApp] Mesaje publicitare pe WhatsApp la oricare dintre numerele dumneavoastră
       *[email] E-mailuri publicitare la oricare dintre adresele dumneavoastră
    }
}
known-yes = Da, din { $date }
known-yes-undated = Da, dată necunoscută
known-no = Nu, din { $date }
known-no-undated = Nu, dată necunoscută
known-pending = Încă neconfirmat
known-other = Înregistrat: { $value }
known-nothing = Nu ați spus încă nimic despre asta
rule = Un „nu” mai larg este mai puternic decât un „da” mai restrâns: un „nu” la publicitate de orice fel oprește totul.
save = Salvați opțiunile
saved = Salvat. Opțiunile sunt valabile de acum.
stop-all = Opriți toată publicitatea
stop-all-lead = O singură apăsare și nu veți mai primi nicio publicitate de la firma { $brand }, indiferent pe ce cale.
stopped-all = Toată publicitatea de la firma { $brand } este oprită.
stopped-all-since = Toată publicitatea de la firma { $brand } este oprită din { $date }. Cât timp rămâne așa, un „da” la altceva nu are efect.
