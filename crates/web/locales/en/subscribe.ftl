# Joining a list, and confirming it (double opt-in). $list: its title. $address: masked. $minutes, $hours: until a link ends.
subscribe-title = Subscribe to “{ $list }”
subscribe-email = Your email address
subscribe-number = Your phone number, with country code
subscribe-terms = { $channel ->
    [sms] Yes, { $brand } may send me “{ $list }” by text message. I can stop it at any time by replying STOP or by the link in a message.
   *[email] Yes, { $brand } may send me “{ $list }” by email. I can leave at any time by the link in each message.
}
subscribe-terms-missing = Tick the box to agree; without that nothing is sent.
subscribe = Subscribe
address-malformed = { $channel ->
    [sms] This is no phone number that we can send to. Write it with the country code, such as +44 7700 900123.
   *[email] This is no email address that we can send to. Is there a letter missing, or a space in it?
}
check-title = { $channel ->
    [sms] Look at your phone
   *[email] Look into your inbox
}
check-lead = { $channel ->
    [sms] A text message with a link is on its way to { $address }. Open the link and press the button: only then are you subscribed.
   *[email] A message with a link is on its way to { $address }. Open the link and press the button: only then are you subscribed.
}
check-late = Nothing there after some minutes? Look among the spam, check the address, or have it sent once more.
send-again = Send it once more
sent-again = It has been sent once more, if the address hadn’t had enough already.
joined-title = You’re subscribed
joined-lead = “{ $list }” from { $brand } comes to { $address } from now on. You can leave at any time.
not-open-title = “{ $list }” isn’t open
not-open-starts = You can subscribe from { $date } on.
not-open-ended = This list has ended.
confirm-title = Subscribe to “{ $list }”?
confirm-lead = Press the button, and { $brand } sends “{ $list }” to { $address }. If you didn’t ask for it, do nothing: then nothing comes.
confirm-agreed = What was agreed to on { $date }:
confirm = Yes, subscribe me
confirm-expired-title = This link has ended
confirm-expired-lead = It was asked for more than { $hours } hours ago. Nothing has been recorded. If you still want “{ $list }”, ask for a new link.
confirm-superseded-title = Not subscribed
confirm-superseded-lead = You have said no since this was asked for, and that stands. Nothing has changed. If you want “{ $list }” after all, choose it on the page of your choices.
confirm-blocked = You have stopped { media } from { $brand }, so “{ $list }” doesn’t come by it. You can change that on the page of your choices.
ask-new-link = Ask for a new link
taken-title = It’s noted
taken-lead = “{ $list }” from { $brand } comes to { $address } from now on. You can leave at any time. If a choice is recorded already, a message with a link comes first, and only the button behind it counts.
