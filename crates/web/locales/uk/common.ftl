sender-unknown = цього відправника
media = { $channel ->
    [sms] рекламних SMS
    [push] рекламних push-сповіщень
    [whatsApp] рекламних повідомлень у WhatsApp
   *[email] рекламних листів
}
month-1 = січня
month-2 = лютого
month-3 = березня
month-4 = квітня
month-5 = травня
month-6 = червня
month-7 = липня
month-8 = серпня
month-9 = вересня
month-10 = жовтня
month-11 = листопада
month-12 = грудня
date = { $day } { $month } { $year } року

sent-to = Надіслано на { $address }
still-come = Чеки та повідомлення про ваш обліковий запис надходитимуть і далі.
unsubscribe = Відписатися
undo = Скасувати
more-choices = Переглянути всі налаштування

yes = Так
no = Ні
