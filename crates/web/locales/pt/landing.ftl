landing-saved = Guardado. As suas escolhas valem a partir de agora.
landing-nothing = Nada mudou.
landing-closed-title = Esta página está fechada
landing-closed-lead = Já não está aberta, por isso nada pode ser mudado aqui. As suas escolhas continuam como estavam.
landing-no-person = Abra esta página pelo link de uma mensagem: assim sabemos de quem são as escolhas.
landing-preview = Visualização prévia. Nada é guardado.
