ask-title = { $level ->
    [any] Ei enää markkinointia: { $brand }
    [identity] Ei enää { media } tähän osoitteeseen: { $brand }
    [subscription] Peru tilaus ”{ $list }”: { $brand }
   *[channel] Ei enää { media }: { $brand }
}
ask-lead = { $level ->
    [any] Paina painiketta, niin et saa enää markkinointia millään tavalla. Tämä tulee voimaan heti.
    [identity] Paina painiketta, niin tähän osoitteeseen ei enää tule { media }. Tämä tulee voimaan heti.
    [subscription] Paina painiketta, niin tältä listalta ei enää tule sinulle mitään. Tämä tulee voimaan heti.
   *[channel] Paina painiketta, niin et saa enää { media }, et tähän etkä muihin osoitteisiisi. Tämä tulee voimaan heti.
}
outdated-lead = Linkki on ajalta ennen viimeisintä tilaustasi, joten se ei toiminut itsestään. Mitään ei ole muutettu. Jos haluat perua tilauksen, paina painiketta.
undo-lead = Etkö tarkoittanut tätä?

done-title = Tilaus on peruttu
done-lead = { $level ->
    [any] Tästä lähtien { $brand } ei enää lähetä sinulle markkinointia.
    [identity] Tästä lähtien { $brand } ei enää lähetä tähän osoitteeseen { media }.
    [subscription] Tästä lähtien { $brand } ei enää lähetä sinulle listaa ”{ $list }”.
   *[channel] Tästä lähtien { $brand } ei enää lähetä sinulle { media }.
}
out-title = Tilaus on jo peruttu
out-lead = { $level ->
    [any] { $brand } ei lähetä sinulle markkinointia.
    [identity] { $brand } ei lähetä tähän osoitteeseen { media }.
    [subscription] { $brand } ei lähetä sinulle listaa ”{ $list }”.
   *[channel] { $brand } ei lähetä sinulle { media }.
}
out-since = Näin on ollut { $date } lähtien.

undo-ask-title = Kumoa peruutus
undo-ask-lead = Paina painiketta, niin valintasi on taas sama kuin ennen tilauksen perumista.
undone-title = Kumottu
undone-lead = Valintasi on taas sama kuin ennen tilauksen perumista. Voit edelleen perua tilauksen milloin haluat.
superseded-title = Kumottavaa ei ole
superseded-lead = Olet sen jälkeen tehnyt uudemman valinnan, ja se on voimassa. Mitään ei ole muutettu.
proof-title = Tämä on testilinkki
proof-lead = Se näyttää, mitä vastaanottaja näkisi. Mitään ei ole tallennettu.
