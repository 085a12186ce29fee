landing-saved = נשמר. ההעדפות שלכם בתוקף מעכשיו.
landing-nothing = דבר לא השתנה.
landing-closed-title = העמוד הזה נסגר
landing-closed-lead = הוא כבר לא פתוח, ולכן אי אפשר לשנות כאן דבר. ההעדפות שלכם נשארו כפי שהיו.
landing-no-person = פתחו את העמוד הזה מהקישור שבהודעה: כך נדע של מי ההעדפות.
landing-preview = תצוגה מקדימה. דבר לא נשמר.
