//! A data directory from before anybody could only turn up: what becomes of each kind of profile.
//!
//! `data/before_origins.sql` is what the program of schema 10 wrote: a dump of its database, without what nothing here reads.
//! Addresses say what made them; the numbers are told here.

use consent::{Choice, Decision, Exclusion, Field, Message, Reason, Rules, Timestamp, decide};
use store::{Confirmed, OptInId, OptInKey};

use super::conformance::opt_ins::agreed;
use super::conformance::support::{MAIN, address};

const BEFORE: &str = include_str!("../data/before_origins.sql");
const MASTER_KEY: &str = "d114a95dac4f04759d518405d81429f4ddec8a34ca8931bb03a6a1aefd038891";
/// In the mail to `open@example.com`, which never answered.
const OPEN_LINK: &str = "AQFjAQcBAQCTI34cz2ZyhiNfZN4";
/// A day after the directory was written.
const NOW: Timestamp = Timestamp(1_796_117_681_000_000);

/// Whom marketing goes to by default, as before: whoever an import or a campaign's file named.
const BROUGHT_IN: [(&str, &str); 9] = [
    ("withid@example.com", "imported with an id"),
    ("+15005550101", "the same, and then texted HELP"),
    ("noid@example.com", "imported without one, and then subscribed by the form and never confirmed"),
    ("helped-first@example.com", "imported without one"),
    ("+15005550102", "imported without one, and then texted HELP"),
    ("saidyes@example.com", "imported with a yes"),
    ("+15005550110", "texted HELP, and was imported then"),
    ("filed@example.com", "named by a campaign's file"),
    ("filedout@example.com", "the same, and then left a list"),
];
/// Whom it doesn't any more, unless they say yes.
const TURNED_UP: [(&str, &str); 14] = [
    ("open@example.com", "subscribed by the form and never confirmed"),
    ("done@example.com", "subscribed by the form and confirmed: to that list"),
    ("single@example.com", "subscribed by the form to a list with single opt-in: to that list"),
    ("+15005550103", "texted HELP"),
    ("+15005550104", "texted STOP"),
    ("+15005550105", "texted a keyword of double opt-in and never answered"),
    ("+15005550106", "texted hello"),
    ("+15005550107", "texted a keyword of double opt-in, then YES: said yes"),
    ("+15005550108", "texted START to no question"),
    ("+15005550109", "stood in a provider's list of opt-outs"),
    ("complained@example.com", "a report of spam"),
    ("webhook@example.com", "an opt-out that a relay service told"),
    ("optout@example.com", "`opt-out`"),
    ("phoned@example.com", "`opt-out` of a list"),
];

fn before() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let key = data_encoding::HEXLOWER.decode(MASTER_KEY.as_bytes()).unwrap();
    std::fs::write(dir.path().join("master.key"), key).unwrap();
    let database = rusqlite::Connection::open(dir.path().join("consentry.sqlite3")).unwrap();
    database.execute_batch(BEFORE).unwrap();
    dir
}

#[tokio::test]
async fn who_only_turned_up_is_recognised() {
    let dir = before();
    let store = super::open(dir.path()).unwrap();
    let view = async |who: &str| {
        let owner = store.resolve(MAIN, vec![address(who)]).await.unwrap().remove(0).expect(who);
        store.profile(MAIN, owner.profile).await.unwrap().unwrap()
    };
    for (who, what) in BROUGHT_IN {
        assert!(view(who).await.word.has_default(), "{who}: {what}");
    }
    for (who, what) in TURNED_UP {
        assert!(!view(who).await.word.has_default(), "{who}: {what}");
    }
    // No refusal and no yes is lost.
    for (who, field, choice) in [
        ("saidyes@example.com", Field::Email, Choice::Yes),
        ("complained@example.com", Field::Email, Choice::No),
        ("webhook@example.com", Field::Email, Choice::No),
        ("optout@example.com", Field::Email, Choice::No),
        ("+15005550104", Field::Sms, Choice::No),
        ("+15005550105", Field::Sms, Choice::Pending),
        ("+15005550107", Field::Sms, Choice::Yes),
        ("+15005550109", Field::Sms, Choice::No),
    ] {
        assert_eq!(view(who).await.word.get(field), choice, "{who}");
    }
    let lists = async |who: &str| -> Vec<(String, Choice)> {
        view(who).await.subscriptions.into_iter().map(|(_, name, held)| (name, held.choice)).collect()
    };
    for (who, list, choice) in [
        ("open@example.com", "news", Choice::Pending),
        ("done@example.com", "news", Choice::Yes),
        ("single@example.com", "quick", Choice::Yes),
        ("phoned@example.com", "news", Choice::No),
        ("filedout@example.com", "news", Choice::No),
    ] {
        assert_eq!(lists(who).await, [(list.to_owned(), choice)], "{who}");
    }
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn links_that_were_sent_before_confirm() {
    let dir = before();
    let store = super::open(dir.path()).unwrap();
    let token = store.key_ring().read_url(OPEN_LINK).unwrap();
    let key = OptInKey::Known(token.address, OptInId(token.request().unwrap()));
    let request = store.opt_in_request(MAIN, key).await.unwrap().unwrap();
    assert_eq!((request.list, request.confirmed_at), (token.list, None));
    let evidence = agreed("yes, the news");
    for confirmed in [true, false] {
        let answer = store.confirm_opt_in(MAIN, key, evidence.clone(), NOW).await.unwrap();
        assert_eq!(matches!(answer, Confirmed::Now(_)), confirmed, "{answer:?}");
    }
    let owner = store.owner(MAIN, token.address).await.unwrap().unwrap();
    assert_eq!(owner.raw, "open@example.com");
    let view = store.profile(MAIN, owner.profile).await.unwrap().unwrap();
    assert_eq!(view.subscriptions[0].2.choice, Choice::Yes);
    assert!(!view.word.has_default());
    let recipient = consent::Recipient { profile: view.word, ..consent::Recipient::UNKNOWN };
    let all = Message {
        channel: consent::Channel::Email,
        category: consent::Category::Marketing,
        list: None,
        after_complaint: false,
    };
    let decision = decide(&recipient, &all, &Rules::default());
    assert_eq!(decision, Decision::Exclude(Exclusion::of(Reason::NoConsent)));
}
