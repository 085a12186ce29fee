landing-saved = Mentve. A beállítások mostantól érvényesek.
landing-nothing = Semmi sem változott.
landing-closed-title = Ez az oldal lezárult
landing-closed-lead = Már nem elérhető, ezért itt semmit sem lehet módosítani. A beállításai olyanok, amilyenek voltak.
landing-no-person = Egy üzenetben kapott linkkel nyissa meg ezt az oldalt: akkor tudjuk, kinek a beállításairól van szó.
landing-preview = Előnézet. Semmit sem rögzítünk.
