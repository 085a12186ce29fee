use std::fmt::Write as _;

use proptest::prelude::*;

use super::lexicon::{LEXICON, Lexicon, LexiconError};
use super::*;

/// Replies with labels that were given to this project, and its own. A new line in a text is written `\n`.
const SHARED: &str = include_str!("tests/shared.tsv");
const OWN: &str = include_str!("tests/own.tsv");
const FRESH: &str = include_str!("tests/fresh.tsv");

fn class(text: &str) -> Class {
    classify(text, &Keywords::default()).class
}

/// What is read otherwise than it is labelled.
fn wrong(list: &str) -> String {
    let keywords = Keywords::default();
    let mut wrong = String::new();
    for line in list.lines().filter(|line| !line.starts_with('#')) {
        let (label, text) = line.split_once('\t').unwrap();
        let verdict = classify(&text.replace("\\n", "\n"), &keywords);
        if verdict.class.as_str() != label {
            writeln!(wrong, "{label}, read as {} ({}): {text}", verdict.class.as_str(), verdict.rule)
                .unwrap();
        }
    }
    wrong
}

#[test]
fn replies_are_read_as_labelled() {
    assert_eq!(wrong(SHARED), "");
    assert_eq!(wrong(OWN), "");
    assert_eq!(wrong(FRESH), "");
}

#[test]
fn a_keyword_of_any_language_with_a_sentence_of_its_own_is_held() {
    for text in [
        "Me mudé. Baja",
        "Ich bin umgezogen. Ende",
        "Jestem w pracy. Koniec",
        "Ik ben verhuisd. Einde",
        "Baja. Me mudé",
        "Baja! ya no vivo aquí",
        "Stop. I moved",
        "Ende. Ich bin umgezogen",
        "Koniec. Jestem w pracy",
        "Raus! Ich bin umgezogen",
        "he wrote \"remove\" on it",
        "then I typed 'remove' again",
        "ich schrieb „löschen“ hinein",
    ] {
        assert_eq!(class(text), Class::Review, "{text}");
    }
    for text in ["alto, ¿es gratis?", "Nein. Ich bin bei der Arbeit", "Fine. See you at the station"] {
        assert_eq!(class(text), Class::None, "{text}");
    }
}

#[test]
fn keywords_count_in_quotes_and_in_letters_that_look_like_theirs() {
    for text in [
        "\"remove\"",
        "'STOP'",
        "‘remove’",
        "„STOP“",
        "«stop»",
        "ЅТОР",
        "ＳＴＯＰ",
        "𝐒𝐓𝐎𝐏",
        "ꓢꓔꓳꓑ",
        "🅢🅣🅞🅟",
        "ᴜɴꜱᴜʙꜱᴄʀɪʙᴇ",
        "ЅТОР please",
    ] {
        assert_eq!(class(text), Class::OptOut, "{text}");
    }
    for text in ["don't worry, it's John's", "СОР", "Rock 'n' roll", "that's 'nice' of you"] {
        assert_eq!(class(text), Class::None, "{text}");
    }
}

#[test]
fn normalising_leaves_what_rules_compare() {
    assert_eq!(normalise("  «ＳＴＯＰ!!»\u{200b} "), "stop");
    assert_eq!(normalise("S\u{ad}T\u{2066}OP"), "stop");
    assert_eq!(normalise("Désinscription, ARRÊT"), "desinscription arret");
    assert_eq!(normalise("don´t — n’envoyez"), "dont n envoyez");
    assert_eq!(normalise("Straße Łódź İPTAL"), "strasse lodz iptal");
    // Letters of their own keep their marks.
    assert_eq!(normalise("Отпишите мой"), "отпишите мой");
    assert_eq!(normalise("がんばって 한국"), "がんばって 한국");
    assert_eq!(normalise("إِيقَاف"), "ايقاف");
    assert_eq!(normalise("👍 ❤️ ..."), "");
    assert_eq!(normalise("🛑"), "🛑");
}

#[test]
fn a_verdict_says_why() {
    let keywords = Keywords::default();
    let exact = classify("Abmelden", &keywords);
    assert_eq!((exact.rule, exact.language, exact.keyword), ("keyword", Some("de"), Some("abmelden")));
    let courtesy = classify("stop bitte", &keywords);
    assert_eq!(
        (courtesy.rule, courtesy.language, courtesy.keyword),
        ("keyword.courtesy", Some("de"), Some("stop"))
    );
    let typo = classify("stpo", &keywords);
    assert_eq!((typo.rule, typo.keyword), ("keyword.misspelt", Some("stop")));
    assert_eq!(classify("ne m'écrivez plus", &keywords).rule, "fr.no-more");
    assert_eq!(classify("Loved “STOP to end”", &keywords).rule, "reaction");
}

#[test]
fn ones_own_keywords_come_beside_the_built_in() {
    let own = [
        (Kind::OptOut, "Pare aquí".to_owned()),
        (Kind::OptIn, "PIZZA".to_owned()),
        (Kind::DoubleOptIn, "CLUB".to_owned()),
        (Kind::Help, "WHO".to_owned()),
        (Kind::Custom(7), "Opening Hours".to_owned()),
    ];
    let keywords = Keywords::with(&own).unwrap();
    let class = |text: &str| classify(text, &keywords).class;
    assert_eq!(class("pare aqui!"), Class::OptOut);
    assert_eq!(class("pizza please"), Class::OptIn);
    assert_eq!(class("Club"), Class::DoubleOptIn);
    assert_eq!(class("who"), Class::Help);
    assert_eq!(class("opening hours?"), Class::Custom(7));
    assert_eq!(class("STOP"), Class::OptOut);
    assert_eq!(class("is the club open"), Class::None);
}

#[test]
fn no_configuration_takes_stop_away() {
    let refused = |kind: Kind, word: &str| Keywords::with(&[(kind, word.to_owned())]).unwrap_err();
    for word in ["STOP", "s t o p", "Arrêt", "please stop", "no", "stpo", "不要再发短信", "stop texting me"]
    {
        for kind in [Kind::OptIn, Kind::DoubleOptIn, Kind::Help, Kind::Custom(1)] {
            assert_eq!(refused(kind, word), KeywordError::OptsOut(word.to_owned()));
        }
    }
    let twice = [(Kind::OptIn, "Go".to_owned()), (Kind::OptOut, "go".to_owned())];
    assert_eq!(Keywords::with(&twice).unwrap_err(), KeywordError::OptsOut("Go".to_owned()));
    let twice = [(Kind::OptIn, "Go".to_owned()), (Kind::Help, "go".to_owned())];
    assert_eq!(Keywords::with(&twice).unwrap_err(), KeywordError::Twice("go".to_owned()));
    assert_eq!(refused(Kind::OptOut, " … "), KeywordError::Empty(" … ".to_owned()));
    assert!(matches!(refused(Kind::Help, &"x".repeat(31)), KeywordError::TooLong(_)));
    let many: Vec<_> = (0..=MAX_CUSTOM).map(|number| (Kind::Custom(1), format!("word{number}"))).collect();
    assert_eq!(Keywords::with(&many).unwrap_err(), KeywordError::TooMany(MAX_CUSTOM + 1));
}

#[test]
fn a_message_is_cut_not_refused() {
    let long = format!("stop {}", "please ".repeat(1_000));
    assert_eq!(class(&long), Class::OptOut);
    assert_eq!(class(&format!("{} stop", "x ".repeat(MAX_CHARS))), Class::None);
}

#[test]
fn every_keyword_acts() {
    for (keyword, exact) in &LEXICON.exact {
        let got = class(keyword);
        let right = if exact.role.any(super::lexicon::Roles::STOP) {
            got == Class::OptOut
        } else {
            got != Class::None
        };
        assert!(right, "{keyword}: {got:?}");
    }
}

#[test]
fn a_rule_that_makes_no_sense_is_refused() {
    let read = |words: &str| {
        let rule = format!(
            "[[language]]\ncode = \"xx\"\n[[language.rule]]\nname = \"a\"\nmeans = \"hold\"\nwords = [\"{words}\"]"
        );
        Lexicon::read(&[&rule])
    };
    assert!(read("a|b c? *2 !d $").is_ok());
    for wrong in ["", "*2 a", "a? b?", "a *9", "a @b", "^ $"] {
        assert!(matches!(read(wrong), Err(LexiconError::Pattern(..))), "{wrong}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read(text in "\\PC{0,200}") {
        let normal = normalise(&text);
        prop_assert!(normal.chars().count() <= 4 * MAX_CHARS);
        classify(&text, &Keywords::default());
    }

    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        classify(&String::from_utf8_lossy(&bytes), &Keywords::default());
    }

    #[test]
    fn words_of_the_rules_in_any_order_are_read(
        words in proptest::collection::vec(proptest::sample::select(vec![
            "stop", "dont", "no", "more", "texts", "me", "how", "\n", ".", "yes", "start", "help", "s", "t", "o", "p", "i",
            "wrong", "number", "不要", "发", "停止", "> ", "“", "”", "Liked", "f***", "stoooop", "l'", "🛑",
        ]), 0..60)
    ) {
        classify(&words.join(" "), &Keywords::default());
        classify(&words.concat(), &Keywords::default());
    }

    #[test]
    fn stop_acts_however_it_is_dressed(
        upper in proptest::collection::vec(any::<bool>(), 4),
        before in "[ \"'«(*.!]{0,4}",
        after in "[ \"'»)*.!?😀]{0,4}",
        stretch in 1usize..30,
    ) {
        let word: String = "stop".chars().zip(upper)
            .map(|(letter, upper)| if upper { letter.to_ascii_uppercase() } else { letter })
            .collect();
        prop_assert_eq!(class(&format!("{before}{word}{after}")), Class::OptOut);
        prop_assert_eq!(class(&format!("st{}p", "o".repeat(stretch))), Class::OptOut);
    }
}
