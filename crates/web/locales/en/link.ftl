ask-title = { $level ->
    [any] Stop all marketing from { $brand }
    [identity] Stop { media } from { $brand } to this address
    [subscription] Leave “{ $list }” from { $brand }
   *[channel] Stop { media } from { $brand }
}
ask-lead = { $level ->
    [any] Press the button and no more marketing comes to you, whichever way it is sent. It takes effect at once.
    [identity] Press the button and no more { media } comes to this address. It takes effect at once.
    [subscription] Press the button and nothing more comes to you from this list. It takes effect at once.
   *[channel] Press the button and no more { media } comes to you, at this address or any other of yours. It takes effect at once.
}
outdated-lead = This link is from before you last signed up, so it did not act by itself. Nothing has changed. If you want to leave, press the button.
undo-lead = Not what you wanted?

done-title = You’re unsubscribed
done-lead = { $level ->
    [any] You won’t get any marketing from { $brand } any more, starting now.
    [identity] You won’t get { media } from { $brand } at this address any more, starting now.
    [subscription] You won’t get “{ $list }” from { $brand } any more, starting now.
   *[channel] You won’t get { media } from { $brand } any more, starting now.
}
out-title = You’re already unsubscribed
out-lead = { $level ->
    [any] You don’t get any marketing from { $brand }.
    [identity] You don’t get { media } from { $brand } at this address.
    [subscription] You don’t get “{ $list }” from { $brand }.
   *[channel] You don’t get { media } from { $brand }.
}
out-since = This has been so since { $date }.

undo-ask-title = Undo your opt-out
undo-ask-lead = Press the button and your choice is again what it was before you unsubscribed.
undone-title = Undone
undone-lead = Your choice is again what it was before you unsubscribed. You can still leave whenever you want.
superseded-title = There is nothing to undo
superseded-lead = You have made a newer choice since, and that one stands. Nothing has changed.
proof-title = This is a test link
proof-lead = It shows what a recipient would see. Nothing has been recorded.
