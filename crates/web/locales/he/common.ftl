sender-unknown = השולח הזה
media = { $channel ->
    [sms] פרסומות ב-SMS
    [push] פרסומות בהתראות
    [whatsApp] פרסומות ב-WhatsApp
   *[email] פרסומות באימייל
}
month-1 = ינואר
month-2 = פברואר
month-3 = מרץ
month-4 = אפריל
month-5 = מאי
month-6 = יוני
month-7 = יולי
month-8 = אוגוסט
month-9 = ספטמבר
month-10 = אוקטובר
month-11 = נובמבר
month-12 = דצמבר
# The letter before the month also gives the isolated date its direction.
date = { $day } ב{ $month } { $year }

sent-to = נשלח אל { $address }
still-come = קבלות והודעות על החשבון ימשיכו להגיע.
unsubscribe = הסרה מהדיוור
undo = ביטול הפעולה
more-choices = לכל ההעדפות שלכם

yes = כן
no = לא
