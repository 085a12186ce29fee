landing-saved = C’est enregistré. Vos choix comptent dès maintenant.
landing-nothing = Rien n’a été modifié.
landing-closed-title = Cette page est fermée
landing-closed-lead = Elle n’est plus ouverte ; rien ne peut donc être modifié ici. Vos choix restent ce qu’ils étaient.
landing-no-person = Ouvrez cette page par le lien d’un message : nous saurons alors de qui sont les choix.
landing-preview = Aperçu. Rien n’est enregistré.
