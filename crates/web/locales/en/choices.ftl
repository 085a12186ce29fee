choices-title = Your choices
choices-lead = What { $brand } may send you as marketing. Receipts and account notices come in any case.
row = { $level ->
    [any] Marketing of any kind
    [identity] { $channel ->
        [sms] Marketing text messages to { $address }
        [push] Marketing push notifications on this device
        [whatsApp] Marketing messages on WhatsApp to { $address }
       *[email] Marketing email to { $address }
    }
    [subscription] The list “{ $list }”
   *[channel] { $channel ->
        [sms] Marketing text messages to any number of yours
        [push] Marketing push notifications on any device of yours
        [whatsApp] Marketing messages on WhatsApp to any number of yours
       *[email] Marketing email to any address of yours
    }
}
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
