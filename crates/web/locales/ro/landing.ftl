landing-saved = Salvat. Opțiunile sunt valabile de acum.
landing-nothing = Nu s-a schimbat nimic.
landing-closed-title = Această pagină este închisă
landing-closed-lead = Nu mai este deschisă, așa că aici nu se poate schimba nimic. Opțiunile dumneavoastră sunt cele dinainte.
landing-no-person = Deschideți această pagină din linkul primit într-un mesaj: atunci știm ale cui opțiuni sunt.
landing-preview = Previzualizare. Nu se înregistrează nimic.
