ask-title = { $level ->
    [any] Geen reclame meer van { $brand }
    [identity] Geen { media } meer van { $brand } op dit adres
    [subscription] Afmelden voor ‘{ $list }’ van { $brand }
   *[channel] Geen { media } meer van { $brand }
}
ask-lead = { $level ->
    [any] Klik op de knop en je krijgt geen reclame meer, op geen enkele manier. Dit geldt meteen.
    [identity] Klik op de knop en op dit adres komt geen { media } meer. Dit geldt meteen.
    [subscription] Klik op de knop en je krijgt niets meer van deze lijst. Dit geldt meteen.
   *[channel] Klik op de knop en je krijgt geen { media } meer, niet op dit adres en niet op een ander adres van jou. Dit geldt meteen.
}
outdated-lead = Deze link is van voor je laatste aanmelding en heeft daarom niet vanzelf gewerkt. Er is niets veranderd. Wil je je afmelden, klik dan op de knop.
undo-lead = Was dit niet de bedoeling?

done-title = Je bent afgemeld
done-lead = { $level ->
    [any] Vanaf nu krijg je geen reclame meer van { $brand }.
    [identity] Vanaf nu krijg je op dit adres geen { media } meer van { $brand }.
    [subscription] Vanaf nu krijg je ‘{ $list }’ van { $brand } niet meer.
   *[channel] Vanaf nu krijg je geen { media } meer van { $brand }.
}
out-title = Je bent al afgemeld
out-lead = { $level ->
    [any] Je krijgt geen reclame van { $brand }.
    [identity] Je krijgt op dit adres geen { media } van { $brand }.
    [subscription] Je krijgt ‘{ $list }’ van { $brand } niet.
   *[channel] Je krijgt geen { media } van { $brand }.
}
out-since = Dit is zo sinds { $date }.

undo-ask-title = Afmelding ongedaan maken
undo-ask-lead = Klik op de knop en je keuze is weer zoals voor je afmelding.
undone-title = Ongedaan gemaakt
undone-lead = Je keuze is weer zoals voor je afmelding. Je kunt je nog steeds afmelden wanneer je wilt.
superseded-title = Er is niets om ongedaan te maken
superseded-lead = Je hebt daarna een nieuwe keuze gemaakt, en die geldt. Er is niets veranderd.
proof-title = Dit is een testlink
proof-lead = Hij laat zien wat een ontvanger zou zien. Er is niets vastgelegd.
