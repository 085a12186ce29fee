sender-unknown = cet expéditeur
media = { $channel ->
    [sms] publicité par SMS
    [push] publicité par notification push
   *[email] publicité par e-mail
}
month-1 = janvier
month-2 = février
month-3 = mars
month-4 = avril
month-5 = mai
month-6 = juin
month-7 = juillet
month-8 = août
month-9 = septembre
month-10 = octobre
month-11 = novembre
month-12 = décembre
date = { $day ->
    [1] 1er { $month } { $year }
   *[other] { $day } { $month } { $year }
}

sent-to = Envoyé à { $address }
still-come = Vous continuerez à recevoir les reçus et les messages concernant votre compte.
unsubscribe = Se désabonner
undo = Annuler
more-choices = Voir tous vos choix

yes = Oui
no = Non
