choices-title = ההעדפות שלכם
choices-lead = כאן קובעים אילו פרסומות יגיעו אליכם מאת { $brand }. קבלות והודעות על החשבון יגיעו בכל מקרה.
row = { $level ->
    [any] פרסומות מכל סוג
    [identity] { $channel ->
        [sms] פרסומות ב-SMS אל { $address }
        [push] פרסומות בהתראות במכשיר הזה
        [whatsApp] פרסומות ב-WhatsApp אל { $address }
       *[email] פרסומות באימייל אל { $address }
    }
    [subscription] הרשימה ״{ $list }״
   *[channel] { $channel ->
        [sms] פרסומות ב-SMS לכל מספר שלכם
        [push] פרסומות בהתראות בכל מכשיר שלכם
        [whatsApp] פרסומות ב-WhatsApp לכל מספר שלכם
       *[email] פרסומות באימייל לכל כתובת שלכם
    }
}
known-yes = כן, מאז { $date }
known-yes-undated = כן, התאריך לא ידוע
known-no = לא, מאז { $date }
known-no-undated = לא, התאריך לא ידוע
known-pending = עדיין לא אושר
known-other = נשמר: { $value }
known-nothing = עדיין לא בחרתם כאן
rule = ״לא״ רחב גובר על ״כן״ מצומצם: ״לא״ לפרסומות מכל סוג עוצר הכול.
save = שמירת ההעדפות
saved = נשמר. ההעדפות שלכם בתוקף מעכשיו.
stop-all = עצירת כל הפרסומות
stop-all-lead = לחיצה אחת, ולא יגיעו אליכם עוד פרסומות מאת { $brand }, בשום דרך.
stopped-all = כל הפרסומות מאת { $brand } נעצרו.
stopped-all-since = כל הפרסומות מאת { $brand } עצורות מאז { $date }. כל עוד זה כך, ל״כן״ לכל דבר אחר אין השפעה.
