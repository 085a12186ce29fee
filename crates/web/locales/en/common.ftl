# Common arguments: $brand, $address (masked), $list, $date, $level (any, channel, identity, subscription),
# $channel (email, sms, push, whatsApp). Numbers: $days, $hours.
sender-unknown = this sender
media = { $channel ->
    [sms] marketing text messages
    [push] marketing push notifications
    [whatsApp] marketing messages on WhatsApp
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

sent-to = Sent to { $address }
still-come = Receipts and account notices still come.
unsubscribe = Unsubscribe
undo = Undo
more-choices = See all your choices

yes = Yes
no = No
