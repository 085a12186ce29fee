landing-saved = Tallennettu. Valintasi ovat voimassa heti.
landing-nothing = Mitään ei muutettu.
landing-closed-title = Tämä sivu on suljettu
landing-closed-lead = Se ei ole enää avoinna, joten täällä ei voi muuttaa mitään. Valintasi ovat ennallaan.
landing-no-person = Avaa tämä sivu viestin linkistä: silloin tiedämme, kenen valinnoista on kyse.
landing-preview = Esikatselu. Mitään ei tallenneta.
