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

ask-title = { $level ->
    [any] Ne plus recevoir aucune publicité de { $brand }
    [identity] Ne plus recevoir de { media } de { $brand } à cette adresse
    [subscription] Se désabonner de « { $list } » de { $brand }
   *[channel] Ne plus recevoir de { media } de { $brand }
}
ask-lead = { $level ->
    [any] Un clic sur le bouton et vous ne recevrez plus aucune publicité, par quelque moyen que ce soit. C’est immédiat.
    [identity] Un clic sur le bouton et cette adresse ne recevra plus de { media }. C’est immédiat.
    [subscription] Un clic sur le bouton et vous ne recevrez plus rien de cette liste. C’est immédiat.
   *[channel] Un clic sur le bouton et vous ne recevrez plus de { media }, ni à cette adresse ni à une autre. C’est immédiat.
}
sent-to = Envoyé à { $address }
still-come = Vous continuerez à recevoir les reçus et les messages concernant votre compte.
outdated-lead = Ce lien date d’avant votre dernière inscription ; il n’a donc pas agi de lui-même. Rien n’a changé. Si vous souhaitez vous désabonner, cliquez sur le bouton.
unsubscribe = Se désabonner
undo = Annuler
undo-lead = Ce n’était pas voulu ?
more-choices = Voir tous vos choix

done-title = Vous êtes désabonné(e)
done-lead = { $level ->
    [any] Dès maintenant, vous ne recevrez plus aucune publicité de { $brand }.
    [identity] Dès maintenant, vous ne recevrez plus de { media } de { $brand } à cette adresse.
    [subscription] Dès maintenant, vous ne recevrez plus « { $list } » de { $brand }.
   *[channel] Dès maintenant, vous ne recevrez plus de { media } de { $brand }.
}
out-title = Vous êtes déjà désabonné(e)
out-lead = { $level ->
    [any] Vous ne recevez aucune publicité de { $brand }.
    [identity] Vous ne recevez pas de { media } de { $brand } à cette adresse.
    [subscription] Vous ne recevez pas « { $list } » de { $brand }.
   *[channel] Vous ne recevez pas de { media } de { $brand }.
}
out-since = C’est le cas depuis le { $date }.

undo-ask-title = Annuler votre désabonnement
undo-ask-lead = Un clic sur le bouton et votre choix redevient celui d’avant votre désabonnement.
undone-title = C’est annulé
undone-lead = Votre choix est redevenu celui d’avant votre désabonnement. Vous pouvez toujours vous désabonner quand vous le voulez.
superseded-title = Il n’y a rien à annuler
superseded-lead = Vous avez fait un choix plus récent depuis, et c’est lui qui compte. Rien n’a changé.
proof-title = Ceci est un lien de test
proof-lead = Il montre ce que verrait un destinataire. Rien n’a été enregistré.

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
yes = Oui
no = Non
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

incomplete-title = Ce lien est incomplet
incomplete-lead = Nous ne pouvons pas savoir de qui est ce choix ; rien n’a changé. Ouvrez-le de nouveau depuis le message ; si vous l’avez copié, vérifiez qu’il est complet.
unknown-title = Nous ne connaissons pas ce lien
unknown-lead = Il ne vient pas de nous, ou ce pour quoi il a été créé n’existe plus. Rien n’a changé. Ouvrez de nouveau le lien dans le message.
refused-title = Cela n’a pas marché
refused-lead = Cette page n’a pas pu lire ce qui lui a été envoyé ; rien n’a changé. Ouvrez de nouveau le lien dans le message et cliquez sur le bouton.
unavailable-title = Ce n’est pas possible pour le moment
unavailable-lead = Votre choix n’a pas été enregistré. Réessayez dans une minute : votre lien reste valable.
missing-title = Il n’y a pas de page ici
missing-lead = Ouvrez de nouveau le lien dans le message.
failed-title = Un problème est survenu chez nous
failed-lead = Votre choix n’a pas été enregistré. Réessayez plus tard : votre lien reste valable.
