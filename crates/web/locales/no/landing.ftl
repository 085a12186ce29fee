landing-saved = Lagret. Valgene dine gjelder fra nå av.
landing-nothing = Ingenting er endret.
landing-closed-title = Denne siden er stengt
landing-closed-lead = Den er ikke åpen lenger, så ingenting kan endres her. Valgene dine er som de var.
landing-no-person = Åpne siden med lenken i en melding: Da vet vi hvem sine valg det gjelder.
landing-preview = Forhåndsvisning. Ingenting registreres.
