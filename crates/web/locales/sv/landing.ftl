landing-saved = Sparat. Dina val gäller från och med nu.
landing-nothing = Inget har ändrats.
landing-closed-title = Den här sidan är stängd
landing-closed-lead = Den är inte öppen längre, så inget kan ändras här. Dina val är som de var.
landing-no-person = Öppna sidan med länken i ett meddelande: då vet vi vems val det gäller.
landing-preview = Förhandsvisning. Inget sparas.
