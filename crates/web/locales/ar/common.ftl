sender-unknown = هذا المرسل
media = { $channel ->
    [sms] رسائل نصية إعلانية
    [push] إشعارات إعلانية
    [whatsApp] رسائل إعلانية عبر واتساب
   *[email] رسائل إعلانية بالبريد الإلكتروني
}
month-1 = يناير
month-2 = فبراير
month-3 = مارس
month-4 = أبريل
month-5 = مايو
month-6 = يونيو
month-7 = يوليو
month-8 = أغسطس
month-9 = سبتمبر
month-10 = أكتوبر
month-11 = نوفمبر
month-12 = ديسمبر
# The letter after the year (of the Common Era) also gives the isolated date its direction.
date = { $day } { $month } { $year }م

sent-to = أُرسلت إلى { $address }
still-come = ستستمر الإيصالات وإشعارات الحساب في الوصول إليك.
unsubscribe = إلغاء الاشتراك
undo = تراجع
more-choices = عرض كل اختياراتك

yes = نعم
no = لا
