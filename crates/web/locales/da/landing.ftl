landing-saved = Gemt. Dine valg gælder fra nu af.
landing-nothing = Intet er ændret.
landing-closed-title = Denne side er lukket
landing-closed-lead = Den er ikke længere åben, så der kan ikke ændres noget her. Dine valg er, som de var.
landing-no-person = Åbn siden med linket i en besked: Så ved vi, hvis valg det gælder.
landing-preview = Forhåndsvisning. Intet registreres.
