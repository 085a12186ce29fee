# What is sent to an address that somebody typed on a page. $url stands on a line of its own. Plain, no marketing.
notice-choices-subject = Your choices at { $brand }
notice-choices-lead = Somebody, presumably you, asked for the page on which you set what { $brand } may send to this address:
notice-choices-link = Set my choices
notice-choices-ignore = If it wasn’t you, do nothing. Nothing has changed.
notice-confirm-subject = Please confirm: “{ $list }” from { $brand }
notice-confirm-lead = Somebody, presumably you, asked for “{ $list }” from { $brand } at this address. Confirm it on this page:
notice-confirm-link = To the page with the button
notice-confirm-until = The link works for { $hours } hours.
notice-confirm-ignore = If it wasn’t you, do nothing: then nothing comes.
notice-known-subject = You already get “{ $list }”
notice-known-lead = Somebody, presumably you, asked for “{ $list }” from { $brand } at this address, which gets it already. This is where you change that:
notice-choices-text = { $brand }: set what may come to this number: { $url }
notice-confirm-text = { $brand }: confirm “{ $list }” here, or do nothing: { $url }
notice-known-text = { $brand }: this number already gets “{ $list }”. Change that here: { $url }
