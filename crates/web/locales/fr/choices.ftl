choices-title = Vos choix
choices-lead = Ce que { $brand } peut vous envoyer comme publicité. Les reçus et les messages concernant votre compte vous parviennent dans tous les cas.
row = { $level ->
    [any] Toute publicité, quelle qu’elle soit
    [identity] { $channel ->
        [sms] Publicité par SMS au { $address }
        [push] Publicité par notification push sur cet appareil
       *[email] Publicité par e-mail à { $address }
    }
    [subscription] La liste « { $list } »
   *[channel] { $channel ->
        [sms] Publicité par SMS à tous vos numéros
        [push] Publicité par notification push sur tous vos appareils
       *[email] Publicité par e-mail à toutes vos adresses
    }
}
known-yes = Oui depuis le { $date }
known-yes-undated = Oui, date inconnue
known-no = Non depuis le { $date }
known-no-undated = Non, date inconnue
known-pending = Pas encore confirmé
known-other = Enregistré : { $value }
known-nothing = Vous n’avez encore rien indiqué à ce sujet
rule = Le non le plus large l’emporte : un non à toute publicité arrête tout.
save = Enregistrer mes choix
saved = C’est enregistré. Vos choix comptent dès maintenant.
stop-all = Arrêter toute publicité
stop-all-lead = Un clic et plus aucune publicité de { $brand } ne vous parvient, par quelque moyen que ce soit.
stopped-all = Toute publicité de { $brand } est arrêtée.
stopped-all-since = Toute publicité de { $brand } est arrêtée depuis le { $date }. Tant que cela reste ainsi, un oui à autre chose n’a pas d’effet.
