# Texts of SMS (notice-…-text) have plain spaces: others would take the message out of the 7-bit alphabet.
notice-choices-subject = Vos choix chez { $brand }
notice-choices-lead = Quelqu’un, sans doute vous, a demandé la page où vous choisissez ce que { $brand } peut envoyer à cette adresse :
notice-choices-link = Faire mes choix
notice-choices-ignore = Si ce n’était pas vous, ne faites rien. Rien n’a changé.
notice-confirm-subject = À confirmer : « { $list } » de { $brand }
notice-confirm-lead = Quelqu’un, sans doute vous, a demandé à recevoir « { $list } » de { $brand } à cette adresse. Confirmez-le sur cette page :
notice-confirm-link = Vers la page de confirmation
notice-confirm-until = Le lien est valable { $hours } heures.
notice-confirm-ignore = Si ce n’était pas vous, ne faites rien : rien ne sera envoyé.
notice-known-subject = Vous recevez déjà « { $list } »
notice-known-lead = Quelqu’un, sans doute vous, a demandé à recevoir « { $list } » de { $brand } à cette adresse, qui le reçoit déjà. C’est ici que vous pouvez changer cela :
notice-choices-text = { $brand } : choisissez ce que ce numéro peut recevoir : { $url }
notice-confirm-text = { $brand } : confirmez « { $list } » ici, ou ne faites rien : { $url }
notice-known-text = { $brand } : ce numéro reçoit déjà « { $list } ». Pour changer cela : { $url }
