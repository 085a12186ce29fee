# A link to one's choices, without having a message. The answer is the same whether the address is known or not.
find-title = Your choices
find-lead = Type the email address or the phone number at which { $brand } reaches you. We send a link there: it leads to the page on which you set what may come.
find-address = Email address or phone number
find = Send me the link
find-malformed = This is neither an email address nor a phone number with country code, such as +44 7700 900123. Nothing has been sent.
found-title = Look into your inbox, or at your phone
found-lead = If { $brand } knows { $address }, a link is on its way there. It can take some minutes.
found-nothing = Nothing came? Then it may be another address that { $brand } has of you. The same address gets at most two links an hour.
no-sender-title = We can’t send you a link from here
no-sender-lead = Use the link in a message from { $brand }, or write to them.
