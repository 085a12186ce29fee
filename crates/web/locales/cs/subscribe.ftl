subscribe-title = Odebírat „{ $list }“
subscribe-email = Vaše e-mailová adresa
subscribe-number = Vaše telefonní číslo s předvolbou země
subscribe-terms = { $channel ->
    [sms] Ano, firma { $brand } mi smí posílat „{ $list }“ v SMS. Kdykoli to mohu zastavit odpovědí STOP nebo odkazem ve zprávě.
   *[email] Ano, firma { $brand } mi smí posílat „{ $list }“ e-mailem. Kdykoli se mohu odhlásit odkazem v každé zprávě.
}
subscribe-terms-missing = Zaškrtněte souhlas; bez něj nic neodešleme.
subscribe = Přihlásit k odběru
address-malformed = { $channel ->
    [sms] Na takové telefonní číslo nemůžeme nic poslat. Napište ho s předvolbou země, například +44 7700 900123.
   *[email] Na takovou e-mailovou adresu nemůžeme nic poslat. Nechybí v ní písmeno, nebo v ní není mezera?
}
check-title = { $channel ->
    [sms] Podívejte se do telefonu
   *[email] Podívejte se do e-mailu
}
check-lead = { $channel ->
    [sms] Na číslo { $address } je na cestě SMS s odkazem. Otevřete odkaz a stiskněte tlačítko: teprve pak odběr platí.
   *[email] Na adresu { $address } je na cestě zpráva s odkazem. Otevřete odkaz a stiskněte tlačítko: teprve pak odběr platí.
}
check-late = Ani po několika minutách nic nepřišlo? Podívejte se do spamu, zkontrolujte adresu, nebo si nechte zprávu poslat znovu.
send-again = Poslat znovu
sent-again = Odeslali jsme to znovu, pokud jsme na tuto adresu už neposlali dost.
joined-title = Přihlášeno
joined-lead = „{ $list }“ od firmy { $brand } bude od této chvíle chodit na { $address }. Odhlásit se můžete kdykoli.
not-open-title = „{ $list }“ teď nelze odebírat
not-open-starts = Přihlásit se můžete od { $date }.
not-open-ended = Tento seznam skončil.
confirm-title = Odebírat „{ $list }“?
confirm-lead = Stiskněte tlačítko a firma { $brand } bude posílat „{ $list }“ na { $address }. Pokud o to nežádáte, nedělejte nic: pak nic nepřijde.
confirm-agreed = Znění souhlasu ze dne { $date }:
confirm = Ano, přihlásit
confirm-expired-title = Platnost odkazu skončila
confirm-expired-lead = Od žádosti o něj uplynulo více než { $hours } h. Nic se neuložilo. Pokud o „{ $list }“ stále stojíte, požádejte o nový odkaz.
confirm-superseded-title = Nepřihlášeno
confirm-superseded-lead = Po této žádosti přišlo vaše „ne“ a to platí. Nic se nezměnilo. Pokud „{ $list }“ přece jen chcete, zvolte to na stránce s nastavením.
confirm-blocked = Máte zastaveno: { media } od firmy { $brand }. Proto vám „{ $list }“ tímto způsobem nechodí. Změnit to můžete na stránce s nastavením.
ask-new-link = Požádat o nový odkaz
taken-title = Zaznamenáno
taken-lead = „{ $list }“ od firmy { $brand } bude od této chvíle chodit na { $address }. Odhlásit se můžete kdykoli. Je-li už uložena nějaká volba, přijde nejdřív zpráva s odkazem a platí až tlačítko, ke kterému vede.
