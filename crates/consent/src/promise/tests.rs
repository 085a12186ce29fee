use super::*;

const MAIL: About<'_> = About { channel: Some(Channel::Email), language: None, list: &[] };

fn of(text: &str) -> Option<Level> {
    promised(text, &MAIL)
}

#[test]
fn words_for_all_of_it_promise_the_channel() {
    for text in [
        "Unsubscribe from all our email",
        "Stop all emails",
        "Stop every newsletter",
        "Cancel all subscriptions",
        "Unsubscribe from all",
        "No more emails from us, ever",
        "Never email me again",
        "Alle E-Mails abbestellen",
        "Von allen Newslettern abmelden",
        "Sämtliche Mailings abbestellen",
        "Keine E-Mails mehr",
        "Se désabonner de tous nos e-mails",
        "Ne plus recevoir aucun e-mail",
        "Arrêter toutes les newsletters",
        "Darse de baja de todos los correos",
        "Cancelar todas las suscripciones",
        "No recibir ningún correo más",
        "Disiscriviti da tutte le email",
        "Annulla ogni newsletter",
        "Uitschrijven voor alle e-mails",
        "Cancelar todos os e-mails",
        "Afmeld alle e-mails",
        "Meld deg av alle e-poster",
        "Avsluta alla nyhetsbrev",
        "Avregistrera mig från alla utskick",
        "Peruuta kaikki uutiskirjeet",
        "Wypisz się ze wszystkich newsletterów",
        "Odhlásit se ze všech e-mailů",
        "Leiratkozás minden hírlevélről",
        "Dezabonare de la toate e-mailurile",
        "Διαγραφή από όλα τα email",
        "Tüm e-postalardan çık",
        "Відписатися від усіх розсилок",
        "すべてのメールの配信を停止",
        "退订所有邮件",
        "取消訂閱全部電子郵件",
        "모든 이메일 수신 거부",
        "إلغاء الاشتراك من جميع الرسائل",
        "הסרה מכל הדיוור",
        "Отписаться от всех рассылок",
        "Odhlásiť sa zo všetkých emailov",
        "Unsubscribe for all newsletters",
        "Abmelden für alle Newsletter",
    ] {
        assert_eq!(of(text), Some(Level::Channel), "{text}");
    }
}

#[test]
fn words_for_everything_promise_every_channel() {
    for text in [
        "Stop everything",
        "Unsubscribe from everything",
        "Stop all marketing",
        "Opt out of all communications",
        "Unsubscribe from email and SMS",
        "Stop all emails and texts",
        "Alles abbestellen",
        "Jegliche Werbung stoppen",
        "Tout arrêter",
        "Se désinscrire de toute communication",
        "Darse de baja de todo",
        "Disiscriviti da tutto",
        "Alles stoppen",
        "Cancelar tudo",
        "Afmeld alt",
        "Avsluta allt",
        "Wypisz się ze wszystkiego",
        "Odhlásit vše",
        "Leiratkozás mindenről",
        "Alle Werbung abbestellen",
        "停止一切营销",
        "Отписаться от всего",
        "Odhlásiť všetko",
        "Global unsubscribe",
        "Unsubscribe globally",
        "Stop hearing from us",
        "I don't want to hear from you: never contact me",
        "Komplett abmelden",
        "Vollständig abmelden",
        "Désinscription totale: ne plus rien recevoir",
        "Se désabonner complètement",
        "Darse de baja completamente",
        "Volledig uitschrijven",
        "Wypisz się całkowicie",
        "Полностью отписаться",
        "完全に配信停止",
    ] {
        assert_eq!(of(text), Some(Level::Any), "{text}");
    }
}

#[test]
fn plain_words_promise_nothing() {
    for text in [
        "",
        "Unsubscribe",
        "Leave the Brew Letter",
        "Unsubscribe at any time",
        "Unsubscribe once and for all",
        "Preferences",
        "No longer interested? Unsubscribe",
        "Get fewer: not all our emails",
        "Only this letter, instead of everything",
        "Abmelden",
        "Jederzeit abmelden",
        "Nicht alle E-Mails abbestellen",
        "Se désabonner à tout moment",
        "Se désabonner tout de suite",
        "Darse de baja en cualquier momento",
        "Rinuncia alla newsletter",
        "Iscriviti alle newsletter, o cancellati dalla lista",
        "Disiscriviti in qualsiasi momento",
        "Cancelar a inscrição a qualquer momento",
        "Her zaman abonelikten çık",
        "Avprenumerera när som helst",
        "退订",
        "配信停止",
        "수신거부",
        "إلغاء الاشتراك",
        "Unsubscribe at all times",
        "Unsubscribe (you will still get all other lists)",
        "Leave this letter, but you will still receive all our emails",
        "Abmelden (alle anderen Newsletter erhalten Sie weiterhin)",
        "Se désabonner (vous continuerez à recevoir tous nos e-mails)",
        "Abmelden: jederzeit und für alle kostenlos",
        "jederzeit und für alle kostenlos",
        "Unsubscribe, free for all",
        "Manage all your preferences or unsubscribe",
        "Manage all your email preferences or unsubscribe",
        "Alle Einstellungen ändern oder abmelden",
        "Gérer toutes vos préférences ou se désabonner",
        "Отписаться в любое время",
        "Odhlásiť sa kedykoľvek",
        "Ganz einfach abmelden",
        "Helt enkelt avsluta",
    ] {
        assert_eq!(of(text), None, "{text}");
    }
}

#[test]
fn what_is_said_of_one_address_or_list_reaches_no_further() {
    let list = ["brew-letter".to_owned(), "The Brew Letter".to_owned(), "Brew Letter".to_owned()];
    let bound = About { list: &list, ..MAIL };
    for (text, level) in [
        ("Stop all email to this address", Level::Identity),
        ("Alle E-Mails an diese Adresse abbestellen", Level::Identity),
        ("Unsubscribe from all emails of this list", Level::Subscription),
        ("Alle Ausgaben: dieser Newsletter nicht mehr, keine E-Mails", Level::Subscription),
        ("Stop all Brew Letter emails", Level::Subscription),
        ("Stop all issues of the Brew Letter", Level::Subscription),
        ("Leave the Brew Letter and all our email", Level::Channel),
        ("Stop all our email, not only the Brew Letter", Level::Channel),
    ] {
        assert_eq!(promised(text, &bound), Some(level), "{text}");
    }
    assert!(names("Leave the  BREW letter!", &list) && !names("Leave the letter", &list));
    assert!(!names("Leave the newsletter", &["Newsletter".to_owned()]), "that names no list");
}

#[test]
fn the_channel_decides_what_is_beside_it() {
    let texts = About { channel: Some(Channel::Sms), ..MAIL };
    assert_eq!(promised("Reply STOP to end all messages", &texts), Some(Level::Channel));
    assert_eq!(promised("STOP ends all texts and emails", &texts), Some(Level::Any));
    assert_eq!(promised("Keine SMS mehr: STOP", &texts), Some(Level::Channel));
    let page = About::default();
    assert_eq!(promised("No more email at all", &page), Some(Level::Channel));
}

#[test]
fn a_level_covers_what_lies_within_it() {
    use Level::{Any, Channel, Identity, Subscription};
    for (level, covered) in [
        (Any, &[Any, Channel, Identity, Subscription][..]),
        (Channel, &[Channel, Identity, Subscription]),
        (Identity, &[Identity, Subscription]),
        (Subscription, &[Subscription]),
    ] {
        assert_eq!(Level::ALL.into_iter().filter(|promised| covers(level, *promised)).count(), covered.len());
        assert!(covered.iter().all(|promised| covers(level, *promised)));
    }
    assert!(only_points("Click here") && only_points(" hier. ") && !only_points("Unsubscribe here"));
}

#[test]
fn what_nobody_sees_takes_no_word_apart() {
    for text in [
        "Unsubscribe from a\u{ad}ll emails",
        "Unsubscribe from a\u{200b}ll emails",
        "Unsubscribe from al\u{2060}l emails",
    ] {
        assert_eq!(of(text), Some(Level::Channel), "{text:?}");
    }
}
