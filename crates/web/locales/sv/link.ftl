ask-title = { $level ->
    [any] Ingen mer reklam från { $brand }
    [identity] Ingen mer { media } från { $brand } till den här adressen
    [subscription] Avregistrera dig från ”{ $list }” från { $brand }
   *[channel] Ingen mer { media } från { $brand }
}
ask-lead = { $level ->
    [any] Tryck på knappen så får du ingen mer reklam, oavsett hur den skickas. Det gäller direkt.
    [identity] Tryck på knappen så kommer ingen mer { media } till den här adressen. Det gäller direkt.
    [subscription] Tryck på knappen så får du inget mer från den här listan. Det gäller direkt.
   *[channel] Tryck på knappen så får du ingen mer { media }, varken till den här adressen eller till någon annan av dina. Det gäller direkt.
}
outdated-lead = Länken är från tiden före din senaste anmälan och har därför inte gjort något av sig själv. Inget har ändrats. Vill du avregistrera dig trycker du på knappen.
undo-lead = Var det inte meningen?

done-title = Du är avregistrerad
done-lead = { $level ->
    [any] Från och med nu får du ingen reklam från { $brand }.
    [identity] Från och med nu får du ingen { media } från { $brand } till den här adressen.
    [subscription] Från och med nu får du inte längre ”{ $list }” från { $brand }.
   *[channel] Från och med nu får du ingen { media } från { $brand }.
}
out-title = Du är redan avregistrerad
out-lead = { $level ->
    [any] Du får ingen reklam från { $brand }.
    [identity] Du får ingen { media } från { $brand } till den här adressen.
    [subscription] Du får inte ”{ $list }” från { $brand }.
   *[channel] Du får ingen { media } från { $brand }.
}
out-since = Så har det varit sedan { $date }.

undo-ask-title = Ångra avregistreringen
undo-ask-lead = Tryck på knappen så blir ditt val åter som det var innan du avregistrerade dig.
undone-title = Ångrat
undone-lead = Ditt val är åter som det var innan du avregistrerade dig. Du kan fortfarande avregistrera dig när du vill.
superseded-title = Det finns inget att ångra
superseded-lead = Du har gjort ett nyare val sedan dess, och det gäller. Inget har ändrats.
proof-title = Det här är en testlänk
proof-lead = Den visar vad en mottagare skulle se. Inget har sparats.
