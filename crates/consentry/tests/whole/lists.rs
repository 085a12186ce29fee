//! Lists in people's words, and what `profile show` tells of what people prefer.

use std::sync::Arc;
use std::time::Duration;

use crate::support::Desk;
use consent::{
    Address, Choice, Clock, ConsentChange, Entropy, Evidence, Field, Pace, Source, Subject, Target,
};
use consent::{Timestamp, WorkspaceId};
use serde_json::json;
use store::PreferenceChange;
use store::sqlite::OpenOptions;

const MAIN: WorkspaceId = WorkspaceId::MAIN;
/// Long past, and a day far ahead.
const NOW: Timestamp = Timestamp(1_777_816_800_000_000);

/// A time that stands, and bytes that are always the same.
struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        NOW
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

impl Entropy for Still {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

#[test]
fn a_list_is_made_and_changed_in_peoples_words() {
    Desk::on_each_engine(|desk| {
        let made = ["list", "create", "news", "--title", "de=Neues = Gutes", "--description", "de=Monatlich"];
        desk.run(&[&made[..], &["--title", "en=News", "--public", "--position", "-2"]].concat()).exits(0);
        desk.run(&["list", "create", "plain", "--end", "2020-01-01"]).exits(0);
        let shown = |name: &str| desk.run(&["list", "show", name, "--json"]).exits(0).json();
        let texts = json!({
            "de": { "title": "Neues = Gutes", "description": "Monatlich" },
            "en": { "title": "News", "description": "" },
        });
        let news = shown("news");
        assert_eq!(
            (&news["texts"], &news["public"], &news["doubleOptIn"]),
            (&texts, &json!(true), &json!(true))
        );
        assert_eq!((&news["position"], &news["state"]), (&json!(-2), &json!("live")));
        let all = desk.run(&["list", "show", "--json"]).exits(0).json();
        let names: Vec<_> =
            all["data"].as_array().unwrap().iter().map(|list| list["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["news", "plain"], "by position");
        // What isn't named stays.
        let edited = ["list", "set", "news", "--title", "en=", "--single-opt-in", "--end", "2099-01-01"];
        let words = desk.run(&edited).exits(0).out;
        assert!(words.contains("public, single opt-in, position -2"), "{words}");
        assert!(
            words.contains("Neues = Gutes \u{2014} Monatlich") && words.contains("ends 2099-01-01T00:00:00Z")
        );
        let news = shown("news");
        assert_eq!((&news["doubleOptIn"], news["texts"].get("en")), (&json!(false), None));
        desk.run(&["list", "edit", "news", "--private", "--no-end", "--double-opt-in"]).exits(0);
        let news = shown("news");
        assert_eq!(
            (&news["public"], &news["doubleOptIn"], &news["end"]),
            (&json!(false), &json!(true), &json!(null))
        );
        for (arguments, code, told) in [
            (vec!["list", "create", "news"], 1, "hint: consentry list set news"),
            (vec!["list", "edit", "nope"], 1, "hint: consentry list create nope"),
            (vec!["list", "show", "nope"], 1, "doesn't exist"),
            (vec!["list", "edit", "news", "--description", "fr=x"], 1, "hint: add --title fr=TEXT"),
            (vec!["list", "edit", "news", "--title", "de_DE=x"], 1, "BCP 47"),
            (vec!["list", "edit", "news", "--title", "de"], 2, "LANG=TEXT"),
            (vec!["list", "edit", "news", "--public", "--private"], 2, "cannot be used with"),
        ] {
            let refused = desk.run(&arguments).exits(code);
            assert!(refused.err.contains(told), "{arguments:?}: {}", refused.err);
        }
    });
}

#[tokio::test]
async fn what_a_person_prefers_and_why_it_left_is_shown() {
    let desk = Desk::new();
    let until = Timestamp(NOW.0 + 86_400_000_000);
    {
        let options = OpenOptions { dir: desk.data_dir(), clock: Arc::new(Still), entropy: Arc::new(Still) };
        let store = store::sqlite::open(options).unwrap();
        let subject =
            || Subject::Named(Address::guess("ann@example.com").unwrap(), consent::Origin::Stranger);
        let change = PreferenceChange {
            pause_until: Some(Some(until)),
            pace: Some(Pace::Weekly),
            language: Some(Some("ja".to_owned())),
            ..PreferenceChange::new(subject(), Source::PAGE, NOW)
        };
        store.set_preferences(MAIN, change).await.unwrap();
        let no = ConsentChange {
            subject: subject(),
            sets: [(Target::Field(Field::Sms), Choice::No)].into_iter().collect(),
            occurred_at: Some(NOW),
            received_at: NOW,
            source: Source::PAGE,
            run: None,
            evidence: Evidence::default(),
        };
        let entry = store.record(MAIN, vec![no]).await.unwrap()[0].entry.unwrap();
        store.give_reason(MAIN, entry, "too_many", "zu \"viel\"\u{1b}[2J", NOW).await.unwrap();
    }
    let shown = desk.run(&["profile", "show", "ann@example.com", "--json"]).exits(0).json();
    let expected = json!({
        "pauseUntil": until.to_string(), "pace": "weekly", "language": "ja", "preferred": null,
    });
    assert_eq!((&shown["preferences"], &shown["locale"]), (&expected, &json!("ja")));
    let history = &shown["history"];
    let reason = json!({ "code": "too_many", "text": "zu \"viel\"\u{1b}[2J" });
    assert_eq!(history[0]["reasonGiven"], reason);
    let told = format!("pause_until={until} pace=weekly language=ja");
    assert_eq!((&history[1]["evidence"]["preferences"], &history[1]["changes"]), (&json!(told), &json!([])));
    let words = desk.run(&["profile", "show", "ann@example.com"]).exits(0).out;
    assert!(words.contains("weekly: one message in 7 days") && words.contains(&told), "{words}");
    assert!(words.contains("because \"too_many: zu") && !words.contains('\u{1b}'), "{words}");
}
