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
outdated-lead = Ce lien date d’avant votre dernière inscription ; il n’a donc pas agi de lui-même. Rien n’a changé. Si vous souhaitez vous désabonner, cliquez sur le bouton.
undo-lead = Ce n’était pas voulu ?

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
