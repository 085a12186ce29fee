subscribe-title = Abonare la „{ $list }”
subscribe-email = Adresa dumneavoastră de e-mail
subscribe-number = Numărul dumneavoastră de telefon, cu prefixul țării
subscribe-terms = { $channel ->
    [sms] Da, firma { $brand } îmi poate trimite „{ $list }” prin SMS. Pot opri oricând, răspunzând STOP sau prin linkul dintr-un mesaj.
   *[email] Da, firma { $brand } îmi poate trimite „{ $list }” prin e-mail. Mă pot dezabona oricând prin linkul din fiecare mesaj.
}
subscribe-terms-missing = Bifați caseta dacă sunteți de acord; fără aceasta nu se trimite nimic.
subscribe = Abonare
address-malformed = { $channel ->
    [sms] La acest număr de telefon nu putem trimite. Scrieți-l cu prefixul țării, de exemplu +44 7700 900123.
   *[email] La această adresă de e-mail nu putem trimite. Lipsește o literă sau are un spațiu?
}
check-title = { $channel ->
    [sms] Verificați telefonul
   *[email] Verificați căsuța de e-mail
}
check-lead = { $channel ->
    [sms] Un SMS cu un link este pe drum către { $address }. Deschideți linkul și apăsați butonul: abia atunci abonarea este valabilă.
   *[email] Un mesaj cu un link este pe drum către { $address }. Deschideți linkul și apăsați butonul: abia atunci abonarea este valabilă.
}
check-late = Nimic după câteva minute? Căutați în spam, verificați adresa sau cereți să fie trimis încă o dată.
send-again = Trimiteți încă o dată
sent-again = S-a trimis încă o dată, dacă la această adresă nu s-au trimis deja destule.
joined-title = V-am abonat
joined-lead = „{ $list }” de la firma { $brand } vine de acum la { $address }. Vă puteți dezabona oricând.
not-open-title = La „{ $list }” nu vă puteți abona acum
not-open-starts = Vă puteți abona din { $date }.
not-open-ended = Această listă s-a încheiat.
confirm-title = Vă abonați la „{ $list }”?
confirm-lead = Apăsați butonul, iar firma { $brand } va trimite „{ $list }” la { $address }. Dacă nu ați cerut asta, nu faceți nimic: atunci nu vine nimic.
confirm-agreed = Acordul din { $date }:
confirm = Da, vreau să mă abonez
confirm-expired-title = Acest link a expirat
confirm-expired-lead = A fost cerut cu mai mult de { $hours } h în urmă. Nu s-a înregistrat nimic. Dacă mai doriți „{ $list }”, cereți un link nou.
confirm-superseded-title = Abonarea nu s-a făcut
confirm-superseded-lead = De la această cerere ați spus „nu”, iar acest „nu” este valabil. Nu s-a schimbat nimic. Dacă doriți totuși „{ $list }”, alegeți pe pagina cu opțiunile dumneavoastră.
confirm-blocked = Ați oprit: { media } de la firma { $brand }. De aceea „{ $list }” nu vine pe această cale. Puteți schimba asta pe pagina cu opțiunile dumneavoastră.
ask-new-link = Cereți un link nou
taken-title = Am notat
taken-lead = „{ $list }” de la firma { $brand } vine de acum la { $address }. Vă puteți dezabona oricând. Dacă o alegere este deja salvată, vine mai întâi un mesaj cu un link și contează numai butonul la care duce.
