# Common arguments: $brand, $address (masked), $list, $date, $level (any, channel, identity, subscription),
# $channel (email, sms, push).
sender-unknown = this sender
media = { $channel ->
    [sms] marketing text messages
    [push] marketing push notifications
   *[email] marketing email
}
month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December
date = { $day } { $month } { $year }

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
sent-to = Sent to { $address }
still-come = Receipts and account notices still come.
outdated-lead = This link is from before you last signed up, so it did not act by itself. Nothing has changed. If you want to leave, press the button.
unsubscribe = Unsubscribe
undo = Undo
undo-lead = Not what you wanted?
more-choices = See all your choices

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

choices-title = Your choices
choices-lead = What { $brand } may send you as marketing. Receipts and account notices come in any case.
row = { $level ->
    [any] Marketing of any kind
    [identity] { $channel ->
        [sms] Marketing text messages to { $address }
        [push] Marketing push notifications on this device
       *[email] Marketing email to { $address }
    }
    [subscription] The list “{ $list }”
   *[channel] { $channel ->
        [sms] Marketing text messages to any number of yours
        [push] Marketing push notifications on any device of yours
       *[email] Marketing email to any address of yours
    }
}
yes = Yes
no = No
known-yes = Yes since { $date }
known-yes-undated = Yes, date not known
known-no = No since { $date }
known-no-undated = No, date not known
known-pending = Not confirmed yet
known-other = Recorded: { $value }
known-nothing = You have not said anything about this
rule = A no to more beats a yes to less: a no to marketing of any kind stops everything.
save = Save my choices
saved = Saved. Your choices count from now on.
stop-all = Stop all marketing
stop-all-lead = One press, and no marketing from { $brand } reaches you, whichever way it is sent.
stopped-all = All marketing from { $brand } is stopped.
stopped-all-since = All marketing from { $brand } is stopped since { $date }. As long as this stands, a yes to anything else has no effect.

incomplete-title = This link is incomplete
incomplete-lead = We can’t tell whose choice it is, so nothing has changed. Open it again from the message; if you copied it, make sure that you copied all of it.
unknown-title = We don’t know this link
unknown-lead = It isn’t one of ours, or what it was made for is gone. Nothing has changed. Open the link in the message again.
refused-title = That did not work
refused-lead = This page could not read what was sent to it, so nothing has changed. Open the link in the message again and press the button there.
unavailable-title = We can’t do that right now
unavailable-lead = Your choice has not been saved. Try again in a minute: your link keeps working.
missing-title = There is no page here
missing-lead = Open the link in the message again.
failed-title = Something went wrong on our side
failed-lead = Your choice has not been saved. Try again later: your link keeps working.
