landing-saved = Kaydedildi. Tercihleriniz şu andan itibaren geçerli.
landing-nothing = Hiçbir şey değişmedi.
landing-closed-title = Bu sayfa kapandı
landing-closed-lead = Artık açık değil, bu yüzden burada bir şey değiştirilemez. Tercihleriniz olduğu gibi duruyor.
landing-no-person = Bu sayfayı bir mesajdaki bağlantıdan açın: Böylece kimin tercihleri olduğunu biliriz.
landing-preview = Önizleme. Hiçbir şey kaydedilmez.
