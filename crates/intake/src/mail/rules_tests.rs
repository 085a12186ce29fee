use std::collections::HashSet;

use consent::BounceReason;

use super::super::judge::{Said, judge};
use super::super::{Action, text};
use super::*;

const DIAGNOSTICS: &str = include_str!("../../tests/data/diagnostics.txt");

/// How a report would say that a command was refused.
fn after(command: &str) -> &'static str {
    match command {
        "" => "",
        "hello" => " (in reply to EHLO command)",
        "mail" => " (in reply to MAIL FROM command)",
        "rcpt" => " (in reply to RCPT TO command)",
        "data" => " (in reply to end of DATA command)",
        other => panic!("{other} is no command"),
    }
}

#[test]
fn what_servers_say_has_its_reason() {
    let mut wrong = Vec::new();
    for line in DIAGNOSTICS.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let mut columns = line.splitn(3, '|').map(str::trim);
        let (Some(reason), Some(command), Some(said)) = (columns.next(), columns.next(), columns.next())
        else {
            panic!("{line} has no three columns");
        };
        let expected: BounceReason = reason.parse().unwrap();
        let diagnostic = format!("{said}{}", after(command));
        let recipient = judge(&Said {
            diagnostic: &diagnostic,
            block: "",
            words: "",
            status: "",
            remote: "",
            action: Action::Failed,
        });
        if recipient.reason != expected {
            wrong.push(format!("{} for {line}", recipient.reason.as_str()));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn file() -> File {
    merge(&FILES).unwrap()
}

#[test]
fn no_phrase_stands_twice_in_a_list() {
    let file = file();
    let rules = file.rule.iter().flat_map(|rule| [&rule.any, &rule.with, &rule.unless]);
    for list in file.sets.values().chain(rules) {
        let mut seen = HashSet::new();
        for phrase in list {
            assert!(seen.insert(phrase), "{phrase:?} twice in a list");
        }
    }
}

#[test]
fn phrases_are_written_as_texts_are_normalised() {
    let file = file();
    let rules = file.rule.iter().flat_map(|rule| rule.any.iter().chain(&rule.with).chain(&rule.unless));
    for phrase in file.sets.values().flatten().chain(rules).filter(|phrase| !phrase.starts_with('@')) {
        for piece in phrase.split(" * ") {
            let normal = text::normalise(piece);
            assert!(normal.contains(piece), "{phrase:?} is never found: a text says {normal:?}");
            assert!(piece.trim().len() > 1, "{phrase:?} is found everywhere");
        }
    }
}

/// A rule that another one always forestalls is dead: each must win at least for a text made of its own first phrases.
#[test]
fn every_rule_can_win() {
    let mut dead = Vec::new();
    let file = file();
    for (at, rule) in file.rule.iter().enumerate() {
        let phrases: Vec<&String> = rule.any.iter().flat_map(|phrase| set(&file.sets, phrase)).collect();
        let pairs: Vec<String> = rule.near.iter().flat_map(|pair| together(&file.sets, pair)).collect();
        let pairs = if pairs.is_empty() { vec![String::new()] } else { pairs };
        let wins = |phrase: &str| {
            let with = rule.with.first().map_or("", |with| set(&file.sets, with)[0].as_str());
            let said = format!("{phrase} {with}").replace(" * ", " x ");
            let said = |pair: &String| format!("{said} {pair}");
            let command = rule.command.first().map(|name| command(name));
            let status = rule.status.first().map_or("", String::as_str);
            let reply = rule.reply.first().map_or("", String::as_str);
            let host = rule.host.first().map_or("", String::as_str);
            pairs.iter().map(said).any(|said| {
                let normal = text::normalise(&said);
                RULES.first(&Evidence { normal: &normal, status, reply, command, host }) == Some(at)
            })
        };
        let alone = phrases.is_empty() || !rule.near.is_empty();
        if !(alone && wins("") || phrases.iter().any(|phrase| wins(phrase))) {
            dead.push(format!("{}: {:?} {:?} {:?}", rule.reason, rule.any.first(), rule.near, rule.status));
        }
    }
    assert!(dead.is_empty(), "{}", dead.join("\n"));
}

/// What a pair may look like in a text.
fn together(sets: &BTreeMap<String, Vec<String>>, pair: &str) -> Vec<String> {
    let (one, other) = pair.split_once(" @").unwrap();
    let ones = sets[&one[1..]].iter();
    ones.flat_map(|one| sets[other].iter().map(move |other| format!("{one} {other}"))).collect()
}

fn set<'a>(sets: &'a BTreeMap<String, Vec<String>>, phrase: &'a String) -> Vec<&'a String> {
    match phrase.strip_prefix('@') {
        Some(name) => sets[name].iter().collect(),
        None => vec![phrase],
    }
}

fn command(name: &str) -> Command {
    [Command::Hello, Command::Mail, Command::Rcpt, Command::Data]
        .into_iter()
        .find(|command| command.name() == name)
        .unwrap_or_else(|| panic!("{name:?} is no command"))
}

#[test]
fn mistakes_in_the_file_are_found() {
    let rules = |text: &str| Rules::parse(&["sets = {}\nstatus = {}", text]);
    assert!(matches!(rules("[[rule]]\nreason = \"nonsense\"\nany = [\"x\"]"), Err(RulesError::Reason(_))));
    assert!(matches!(rules("[[rule]]\nreason = \"expired\"\nany = [\"@nowhere\"]"), Err(RulesError::Set(_))));
    assert!(matches!(rules("[[rule]]\nreason = \"expired\"\nanny = [\"x\"]"), Err(RulesError::Shape(_))));
    assert!(rules("[[rule]]\nreason = \"expired\"\nany = [\"x\"]").is_ok());
}

#[test]
fn statuses_are_of_the_registry() {
    let mut seen = HashSet::new();
    for code in file().status.values().flatten() {
        let whole = if code.matches('.').count() == 1 { format!("5.{code}") } else { code.clone() };
        assert!(text::is_status(&whole), "{code:?} is no status");
        assert!(seen.insert(code.clone()), "{code:?} twice");
    }
}

#[test]
fn words_are_near_within_a_sentence_and_begin_where_a_word_begins() {
    let text = "sets = { box = [\"mailbox\"], full = [\"full\"] }\n[[rule]]\ngeneral = true\nreason = \"mailboxfull\"\nnear = [\"@box @full\"]";
    let rules = Rules::parse(&[text]).unwrap();
    let reason = |said: &str| {
        let normal = text::normalise(said);
        rules.by_words(&Evidence { normal: &normal, status: "", reply: "", command: None, host: "" })
    };
    for said in ["The mailbox of Ann is full", "Full is Ann's mailbox", "550_mailbox_full", "MAILBOX-FULL"] {
        assert_eq!(reason(said), Some(BounceReason::MailboxFull), "{said}");
    }
    let far = format!("mailbox {} full", "x ".repeat(NEAR_MAX));
    for said in ["The mailbox is there. Full stop", "mailbox successfully", "mailbox", far.as_str()] {
        assert_eq!(reason(said), None, "{said}");
    }
    let normal = text::normalise("mailbox full");
    let evidence = Evidence { normal: &normal, status: "", reply: "", command: None, host: "" };
    assert_eq!(rules.by_text(&evidence), None, "general rules are asked last");
}

#[test]
fn pairs_are_of_two_known_sets_and_not_too_many() {
    let near = |sets: &str, near: &str| {
        Rules::parse(&[&format!("sets = {{ {sets} }}\n[[rule]]\nreason = \"expired\"\nnear = [{near}]")])
    };
    assert!(matches!(near("a = [\"x\"]", "\"@a\""), Err(RulesError::Set(_))));
    assert!(matches!(near("a = [\"x\"]", "\"@a @b\""), Err(RulesError::Set(_))));
    assert!(matches!(near("a = [\"x\"]", "\"a a\""), Err(RulesError::Set(_))));
    let sets: Vec<String> = (0..65).map(|n| format!("s{n} = [\"w{n}\"]")).collect();
    let pairs: Vec<String> = (0..65).map(|n| format!("\"@s0 @s{n}\"")).collect();
    assert!(matches!(near(&sets.join(", "), &pairs.join(", ")), Err(RulesError::Pairs)));
}

proptest::proptest! {
    /// Whatever is said, looking for what stands near what ends without a panic.
    #[test]
    fn any_words_may_stand_near_one_another(words in proptest::collection::vec("(user|mailbox|full|unknown|sender|é|\\. |@|_){1,5}", 0..400)) {
        let normal = text::normalise(&words.join(" "));
        let evidence = Evidence { normal: &normal, status: "", reply: "", command: None, host: "" };
        let _ = RULES.by_words(&evidence);
    }
}
