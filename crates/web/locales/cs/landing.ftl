landing-saved = Uloženo. Nastavení platí od této chvíle.
landing-nothing = Nic se nezměnilo.
landing-closed-title = Tato stránka je uzavřená
landing-closed-lead = Už není otevřená, takže se tu nedá nic změnit. Vaše nastavení zůstává, jak bylo.
landing-no-person = Otevřete tuto stránku odkazem ve zprávě: pak víme, čí nastavení to je.
landing-preview = Náhled. Nic se neukládá.
