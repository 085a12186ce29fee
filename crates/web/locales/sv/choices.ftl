choices-title = Dina val
choices-lead = Vilken reklam { $brand } får skicka till dig. Kvitton och meddelanden om ditt konto kommer ändå.
row = { $level ->
    [any] Reklam av alla slag
    [identity] { $channel ->
        [sms] Reklam via sms till { $address }
        [push] Reklam via pushnotiser på den här enheten
        [whatsApp] Reklam via WhatsApp till { $address }
       *[email] Reklam via e-post till { $address }
    }
    [subscription] Listan ”{ $list }”
   *[channel] { $channel ->
        [sms] Reklam via sms till alla dina nummer
        [push] Reklam via pushnotiser på alla dina enheter
        [whatsApp] Reklam via WhatsApp till alla dina nummer
       *[email] Reklam via e-post till alla dina adresser
    }
}
known-yes = Ja sedan { $date }
known-yes-undated = Ja, okänt datum
known-no = Nej sedan { $date }
known-no-undated = Nej, okänt datum
known-pending = Inte bekräftat än
known-other = Sparat: { $value }
known-nothing = Du har inte sagt något om det här
rule = Det bredaste nejet gäller: ett nej till all reklam stoppar allt.
save = Spara mina val
saved = Sparat. Dina val gäller från och med nu.
stop-all = Stoppa all reklam
stop-all-lead = Ett tryck, så får du ingen reklam från { $brand }, oavsett hur den skickas.
stopped-all = All reklam från { $brand } är stoppad.
stopped-all-since = All reklam från { $brand } är stoppad sedan { $date }. Så länge det gäller har ett ja till något annat ingen verkan.
