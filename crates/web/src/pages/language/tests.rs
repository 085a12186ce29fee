//! That each language is whole, is found, and writes dates its way.

use std::collections::BTreeSet;

use fluent_bundle::FluentError;
use fluent_bundle::resolver::ResolverError;
use fluent_bundle::resolver::errors::ReferenceKind;

use super::*;

const LEVELS: [&str; 4] = ["any", "channel", "identity", "subscription"];
const CHANNELS: [&str; 4] = ["email", "sms", "push", "whatsApp"];

/// The keys of a language, by file.
fn keys(tag: &str) -> Vec<Vec<&'static str>> {
    let of_file = |source: &'static str| {
        let begin = source.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()));
        begin.filter_map(|line| line.split(" =").next()).collect()
    };
    SOURCES.iter().filter(|(of, _)| *of == tag).map(|(_, source)| of_file(source)).collect()
}

/// Every argument, with `level` and `channel` as given.
fn all_args(level: &'static str, channel: &'static str) -> FluentArgs<'static> {
    let mut args = FluentArgs::new();
    for (name, value) in [
        ("level", level),
        ("channel", channel),
        ("brand", "Lumen"),
        ("address", "a…@example.com"),
        ("list", "news"),
        ("date", "3"),
        ("value", "LI"),
        ("day", "3"),
        ("month", "5"),
        ("year", "2026"),
        ("url", "https://mail.example.com/c/x"),
    ] {
        args.set(name, value);
    }
    args.set("days", "30");
    args.set("hours", "48");
    args
}

/// The arguments that a text asks for when it has these.
fn lacking(locale: &Locale, key: &str, args: &FluentArgs<'_>) -> BTreeSet<String> {
    let pattern = locale.bundle.get_message(key).unwrap().value().unwrap();
    let mut errors = Vec::new();
    locale.bundle.format_pattern(pattern, Some(args), &mut errors);
    let names = errors.into_iter().map(|error| match error {
        FluentError::ResolverError(ResolverError::Reference(ReferenceKind::Variable { id })) => id,
        error => panic!("{} {key}: {error}", locale.tag),
    });
    names.collect()
}

/// The cases that texts tell apart.
fn cases() -> impl Iterator<Item = (&'static str, &'static str)> {
    LEVELS.into_iter().flat_map(|level| CHANNELS.map(|channel| (level, channel)))
}

#[test]
fn every_language_has_every_text_for_every_case() {
    let locales = Locales::new();
    assert_eq!(locales.0.len(), 23);
    let english = keys("en");
    assert!(english.concat().len() > 150);
    for locale in &locales.0 {
        let tag = locale.tag;
        assert_eq!(keys(tag), english, "{tag}");
        for key in english.concat() {
            for (level, channel) in cases() {
                let text = locale.own_text(key, &all_args(level, channel));
                assert!(text.is_some_and(|text| !text.is_empty()), "{tag} {key}");
            }
        }
    }
}

/// An argument that only a translation names would show the English text instead, and one that it leaves out is not told.
#[test]
fn every_language_uses_the_arguments_that_english_uses() {
    let locales = Locales::new();
    let english = locales.get("en");
    let none = FluentArgs::new();
    for locale in &locales.0 {
        for key in keys("en").concat() {
            assert_eq!(lacking(locale, key, &none), lacking(english, key, &none), "{} {key}", locale.tag);
            for (level, channel) in cases() {
                let mut args = FluentArgs::new();
                args.set("level", level);
                args.set("channel", channel);
                let own = lacking(locale, key, &args);
                assert_eq!(own, lacking(english, key, &args), "{} {key} {level} {channel}", locale.tag);
            }
        }
    }
}

/// Where a case differs in English, it differs everywhere: a translator who forgot one left the sentence of another case.
#[test]
fn every_language_tells_the_same_cases_apart() {
    let locales = Locales::new();
    let texts = |locale: &Locale, key: &str| {
        let texts = cases().map(|(level, channel)| locale.own_text(key, &all_args(level, channel)));
        texts.collect::<BTreeSet<_>>().len()
    };
    for locale in &locales.0 {
        for key in keys("en").concat() {
            assert_eq!(texts(locale, key), texts(locales.get("en"), key), "{} {key}", locale.tag);
        }
    }
}

#[test]
fn nothing_is_left_in_english() {
    // Names, dates and words that are the same in both languages.
    let same_by_chance = [
        ("de", "section-pause"),
        ("da", "section-pause"),
        ("no", "section-pause"),
        ("da", "reason-send"),
        ("no", "reason-send"),
        ("el", "preferred-email"),
        ("it", "preferred-email"),
        ("es", "no"),
        ("it", "no"),
    ];
    let locales = Locales::new();
    for locale in &locales.0[1..] {
        for key in keys("en").concat() {
            let is_date = key == "date" || key.starts_with("month-");
            if is_date || key == "preferred-whatsApp" || same_by_chance.contains(&(locale.tag, key)) {
                continue;
            }
            for (level, channel) in cases() {
                let args = all_args(level, channel);
                let english = locales.get("en").own_text(key, &args);
                assert_ne!(locale.own_text(key, &args), english, "{} {key}", locale.tag);
            }
        }
    }
}

/// Replying this word works in every country, so it is the one word that no text translates.
#[test]
fn stop_stays_stop() {
    let locales = Locales::new();
    for locale in &locales.0 {
        let terms = locale.own_text("subscribe-terms", &all_args("any", "sms")).unwrap();
        assert!(terms.contains("STOP"), "{}", locale.tag);
    }
}

#[test]
fn what_a_language_lacks_is_english() {
    let english = Arc::new(locale("en", None));
    let mut esperanto = locale("eo", Some(english));
    let own = FluentResource::try_new("yes = Jes\nsent-to = Al { $nobody }\n".to_owned()).unwrap();
    esperanto.bundle.add_resource(own).unwrap();
    let mut args = FluentArgs::new();
    args.set("address", "a…@example.com");
    let text = |key| esperanto.text(key, &args);
    assert_eq!(text("yes").as_deref(), Some("Jes"));
    assert_eq!(text("no").as_deref(), Some("No"));
    assert_eq!(text("sent-to").as_deref(), Some("Sent to a…@example.com"));
    assert_eq!(text("nothing"), None);
}

#[test]
fn message_then_profile_then_browser_then_english() {
    let locales = Locales::new();
    let choose = |message, profile, browser| locales.choose([message, profile], browser).tag;
    assert_eq!(choose(Some("de-AT"), Some("fr"), Some("es")), "de");
    assert_eq!(choose(Some("xx"), Some("fr_CA"), Some("es")), "fr");
    assert_eq!(choose(None, None, Some("eo, es;q=0.5, de;q=0.8")), "de");
    assert_eq!(choose(None, None, Some("de;q=0, *")), "en");
    assert_eq!(choose(None, None, Some("\u{1f600};;q=,,")), "en");
    assert_eq!(choose(None, None, None), "en");
}

#[test]
fn tags_of_all_kinds_are_read_and_those_of_none_are_not() {
    let locales = Locales::new();
    let find = |tag| locales.find(tag).map(|locale| locale.tag);
    for tag in [
        "de",
        " DE ",
        "de_AT",
        "de_DE.UTF-8",
        "de_DE@euro",
        "de-DE-1996",
        "de-Latn-CH",
        "de-u-co-phonebk",
        "de-AT-x-dialect",
        "de-",
        "de-!",
        "de-toolongtobeasubtag",
    ] {
        assert_eq!(find(tag), Some("de"), "{tag}");
    }
    let long = "de".repeat(100_000);
    for tag in [
        "",
        " ",
        "-",
        "_",
        "*",
        "und",
        "und-DE",
        "x-de",
        "i-klingon",
        "d",
        "deu-DE",
        "german",
        "\u{1f600}",
        long.as_str(),
    ] {
        assert_eq!(find(tag), None, "{tag}");
    }
    let accepted = |header: &str| locales.choose([None, None], Some(header)).tag;
    let (many, weights) = ("a,".repeat(50_000) + "de", "de;q=".to_owned() + &"9".repeat(100_000));
    for (header, tag) in [
        ("de;q=0, fr;q=0.001", "fr"),
        ("de;q=0.0,de-AT;q=0,*;q=0.5", "en"),
        ("fr;Q=0.5,de ; q=0.9", "de"),
        ("fr;q=NaN,de;q=-1,it;q=0.1", "it"),
        ("de_DE.UTF-8;q=1", "de"),
        ("-,_,--;q=1,;;;,q=1", "en"),
        (many.as_str(), "en"),
        (weights.as_str(), "de"),
    ] {
        assert_eq!(accepted(header), tag, "{}", &header[..header.len().min(40)]);
    }
}

/// As browsers send it: the country first, English last.
#[test]
fn browsers_of_every_language_get_it() {
    let locales = Locales::new();
    let mut chosen = BTreeSet::from(["en"]);
    for (accept_language, tag) in [
        ("ar-EG,ar;q=0.9,en-US;q=0.8,en;q=0.7", "ar"),
        ("cs,en;q=0.9", "cs"),
        ("da-DK,da;q=0.9,en-US;q=0.8,en;q=0.7", "da"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("el-GR,el;q=0.8,en-US;q=0.5,en;q=0.3", "el"),
        ("es-419,es;q=0.9,en;q=0.8", "es"),
        ("fi-FI,fi;q=0.9,en;q=0.8", "fi"),
        ("fr-CA,fr;q=0.9,en;q=0.8", "fr"),
        ("he-IL,he;q=0.9,en-US;q=0.8,en;q=0.7", "he"),
        ("iw-IL,iw;q=0.9,en;q=0.8", "he"),
        ("hu-HU,hu;q=0.9,en;q=0.8", "hu"),
        ("it-IT,it;q=0.9,en-US;q=0.8,en;q=0.7", "it"),
        ("ja,en-US;q=0.9,en;q=0.8", "ja"),
        ("ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7", "ko"),
        ("nl-BE,nl;q=0.9,en;q=0.8", "nl"),
        ("nb-NO,en;q=0.9", "no"),
        ("nn-NO,en;q=0.9", "no"),
        ("no,en;q=0.9", "no"),
        ("pl-PL,pl;q=0.9,en-US;q=0.8,en;q=0.7", "pl"),
        ("pt-BR,en;q=0.9", "pt"),
        ("pt-PT,pt;q=0.9,en;q=0.8", "pt"),
        ("ro-RO,ro;q=0.9,en;q=0.8", "ro"),
        ("sv-SE,sv;q=0.9,en;q=0.8", "sv"),
        ("tr-TR,tr;q=0.9,en;q=0.8", "tr"),
        ("uk-UA,uk;q=0.9,en;q=0.8", "uk"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("ZH-Hant-TW,en;q=0.9", "zh"),
    ] {
        assert_eq!(locales.choose([None, None], Some(accept_language)).tag, tag, "{accept_language}");
        chosen.insert(tag);
    }
    assert_eq!(chosen, locales.0.iter().map(|locale| locale.tag).collect());
}

#[test]
fn dates_are_the_readers() {
    let locales = Locales::new();
    let at = Timestamp::parse("2026-05-03T23:30:00Z").unwrap();
    let date = |tag, zone| locales.get(tag).date(at, zone).unwrap();
    assert_eq!(date("en", None), "3 May 2026");
    assert_eq!(date("de", Some("Europe/Berlin")), "4. Mai 2026");
    assert_eq!(date("es", Some("nowhere")), "3 de mayo de 2026");
    assert_eq!(date("fr", Some("America/New_York")), "3 mai 2026");
    assert_eq!(date("pt", None), "3 de maio de 2026");
    assert_eq!(date("fi", None), "3. toukokuuta 2026");
    assert_eq!(date("ja", None), "2026年5月3日");
    assert_eq!(locales.get("en").date(Timestamp::UNDATED, None), None);
}

#[test]
fn the_first_of_a_month_is_written_as_the_language_does() {
    let locales = Locales::new();
    let at = Timestamp::parse("2026-05-01T12:00:00Z").unwrap();
    let date = |tag| locales.get(tag).date(at, None).unwrap();
    assert_eq!(date("fr"), "1er mai 2026");
    assert_eq!(date("it"), "1º maggio 2026");
    assert_eq!(date("nl"), "1 mei 2026");
}
