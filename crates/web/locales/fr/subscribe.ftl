subscribe-title = S’abonner à « { $list } »
subscribe-email = Votre adresse e-mail
subscribe-number = Votre numéro de téléphone, avec l’indicatif du pays
subscribe-terms = { $channel ->
    [sms] Oui, { $brand } peut m’envoyer « { $list } » par SMS. Je peux arrêter à tout moment en répondant STOP ou par le lien d’un message.
   *[email] Oui, { $brand } peut m’envoyer « { $list } » par e-mail. Je peux me désabonner à tout moment par le lien de chaque message.
}
subscribe-terms-missing = Cochez la case pour donner votre accord ; sans lui, rien n’est envoyé.
subscribe = S’abonner
address-malformed = { $channel ->
    [sms] Nous ne pouvons rien envoyer à ce numéro de téléphone. Écrivez-le avec l’indicatif du pays, par exemple +33 6 39 98 12 34.
   *[email] Nous ne pouvons rien envoyer à cette adresse e-mail. Manque-t-il une lettre, ou y a-t-il un espace en trop ?
}
check-title = { $channel ->
    [sms] Regardez votre téléphone
   *[email] Regardez votre boîte de réception
}
check-lead = { $channel ->
    [sms] Un SMS avec un lien est en route vers { $address }. Ouvrez le lien et cliquez sur le bouton : votre abonnement ne commence qu’à ce moment-là.
   *[email] Un e-mail avec un lien est en route vers { $address }. Ouvrez le lien et cliquez sur le bouton : votre abonnement ne commence qu’à ce moment-là.
}
check-late = Toujours rien après quelques minutes ? Regardez dans les spams, vérifiez l’adresse ou demandez un nouvel envoi.
send-again = Renvoyer le message
sent-again = Le message a été renvoyé, sauf si cette adresse en avait déjà reçu assez.
joined-title = Vous êtes abonné(e)
joined-lead = « { $list } » de { $brand } sera désormais envoyé à { $address }. Vous pouvez vous désabonner à tout moment.
not-open-title = « { $list } » n’est pas ouvert
not-open-starts = Vous pourrez vous abonner à partir du { $date }.
not-open-ended = Cette liste est terminée.
confirm-title = S’abonner à « { $list } » ?
confirm-lead = Cliquez sur le bouton et { $brand } enverra « { $list } » à { $address }. Si vous n’avez rien demandé, ne faites rien : rien ne sera envoyé.
confirm-agreed = Ce qui a été accepté le { $date } :
confirm = Oui, m’abonner
confirm-expired-title = Ce lien a expiré
confirm-expired-lead = Il a été demandé il y a plus de { $hours } heures. Rien n’a été enregistré. Si vous voulez toujours recevoir « { $list } », demandez un nouveau lien.
confirm-superseded-title = Pas d’abonnement
confirm-superseded-lead = Vous avez dit non après cette demande, et c’est ce qui compte. Rien n’a changé. Si vous voulez tout de même recevoir « { $list } », indiquez-le sur la page de vos choix.
confirm-blocked = Vous avez arrêté la { media } de { $brand } ; « { $list } » ne vous parvient donc pas par ce moyen. Vous pouvez changer cela sur la page de vos choix.
ask-new-link = Demander un nouveau lien
taken-title = C’est noté
taken-lead = « { $list } » de { $brand } sera désormais envoyé à { $address }. Vous pouvez vous désabonner à tout moment. Si un choix est déjà enregistré, un message avec un lien arrive d’abord, et seul le bouton derrière ce lien compte.
