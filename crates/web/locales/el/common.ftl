sender-unknown = αυτού του αποστολέα
media = { $channel ->
    [sms] διαφημιστικά SMS
    [push] διαφημιστικές ειδοποιήσεις push
    [whatsApp] διαφημιστικά μηνύματα στο WhatsApp
   *[email] διαφημιστικά email
}
month-1 = Ιανουαρίου
month-2 = Φεβρουαρίου
month-3 = Μαρτίου
month-4 = Απριλίου
month-5 = Μαΐου
month-6 = Ιουνίου
month-7 = Ιουλίου
month-8 = Αυγούστου
month-9 = Σεπτεμβρίου
month-10 = Οκτωβρίου
month-11 = Νοεμβρίου
month-12 = Δεκεμβρίου
date = { $day } { $month } { $year }

sent-to = Στάλθηκε σε: { $address }
still-come = Οι αποδείξεις και οι ειδοποιήσεις για τον λογαριασμό σας θα συνεχίσουν να έρχονται.
unsubscribe = Απεγγραφή
undo = Αναίρεση
more-choices = Δείτε όλες τις επιλογές σας

yes = Ναι
no = Όχι
