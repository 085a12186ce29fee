subscribe-title = הרשמה לרשימת ״{ $list }״
subscribe-email = כתובת האימייל שלכם
subscribe-number = מספר הטלפון שלכם, עם קידומת מדינה
subscribe-terms = { $channel ->
    [sms] כן, אפשר לשלוח לי את ״{ $list }״ מאת { $brand } ב-SMS. אפשר להפסיק בכל עת בתשובה STOP או בקישור שבהודעה.
   *[email] כן, אפשר לשלוח לי את ״{ $list }״ מאת { $brand } באימייל. אפשר להסיר את עצמי בכל עת בקישור שבכל הודעה.
}
subscribe-terms-missing = סמנו את התיבה כדי להסכים; בלי זה לא נשלח דבר.
subscribe = הרשמה
# The inner braces isolate the number, which is read from left to right.
address-malformed = { $channel ->
    [sms] אי אפשר לשלוח למספר הטלפון הזה. כתבו אותו עם קידומת מדינה, למשל { { "+44 7700 900123" } }.
   *[email] אי אפשר לשלוח לכתובת האימייל הזאת. האם חסרה בה אות, או שיש בה רווח?
}
check-title = { $channel ->
    [sms] בדקו את הטלפון
   *[email] בדקו את תיבת הדואר
}
check-lead = { $channel ->
    [sms] הודעת SMS עם קישור בדרך אל { $address }. פתחו את הקישור ולחצו על הכפתור: רק אז ההרשמה נכנסת לתוקף.
   *[email] הודעה עם קישור בדרך אל { $address }. פתחו את הקישור ולחצו על הכפתור: רק אז ההרשמה נכנסת לתוקף.
}
check-late = עברו כמה דקות ולא הגיע דבר? חפשו בדואר הזבל, בדקו את הכתובת או בקשו שליחה חוזרת.
send-again = שליחה חוזרת
sent-again = נשלח שוב, אלא אם כבר נשלחו לכתובת הזאת מספיק הודעות.
joined-title = נרשמתם
joined-lead = מעכשיו הרשימה ״{ $list }״ מאת { $brand } תגיע אל { $address }. אפשר להסיר את עצמכם בכל עת.
not-open-title = ההרשמה לרשימת ״{ $list }״ לא פתוחה
not-open-starts = אפשר להירשם החל ב-{ $date }.
not-open-ended = הרשימה הזאת הסתיימה.
confirm-title = להירשם לרשימת ״{ $list }״?
confirm-lead = לחצו על הכפתור, והרשימה ״{ $list }״ מאת { $brand } תישלח אל { $address }. אם לא ביקשתם, אל תעשו דבר, ודבר לא יגיע.
confirm-agreed = ההסכמה שניתנה ב-{ $date }:
confirm = כן, להירשם
confirm-expired-title = תוקף הקישור פג
confirm-expired-lead = תוקפו בשעות ({ $hours }) עבר. דבר לא נשמר. אם אתם עדיין רוצים את ״{ $list }״, בקשו קישור חדש.
confirm-superseded-title = לא נרשמתם
confirm-superseded-lead = אחרי הבקשה הזאת אמרתם ״לא״, וזה מה שתקף. דבר לא השתנה. אם בכל זאת תרצו את ״{ $list }״, בחרו בה בעמוד ההעדפות שלכם.
confirm-blocked = עצרתם { media } מאת { $brand }, ולכן הרשימה ״{ $list }״ לא מגיעה בדרך הזאת. אפשר לשנות זאת בעמוד ההעדפות שלכם.
ask-new-link = לבקשת קישור חדש
taken-title = נרשם
taken-lead = מעכשיו הרשימה ״{ $list }״ מאת { $brand } תגיע אל { $address }. אפשר להסיר את עצמכם בכל עת. אם כבר שמורה בחירה, תגיע קודם הודעה עם קישור, ורק הכפתור שבעמוד שלו קובע.
