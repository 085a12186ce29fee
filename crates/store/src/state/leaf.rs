//! Ledger entries as leaves of the log.
//!
//! A form, once released, is never changed: the files are made again from the entries, byte for byte. Which one an entry has
//! stands in its row ([`LeafForm`]), so a log that was begun with the first form goes on with the second.

use std::fmt::Write as _;

use consent::{Target, Timestamp};
use data_encoding::HEXLOWER;

use super::rows::Event;
use super::stamps::LeafForm;
use crate::ledger::Opening;
use crate::secrets::Secrets;

/// Times in a leaf are those of the minute, in microseconds.
const MINUTE: i64 = 60_000_000;

/// An event as a leaf of the log: JSON in this order, without spaces, members without a value left out. It holds no personal
/// data: whose it is stands there under a commitment, and the evidence as a salted hash.
///
/// ```json
/// {"v":2,"workspace":1,"subject":"<64 hex digits>","address":"<64 hex digits>",
///  "sets":[["email","y","n"],["identity:email","","n"],["list:7","y","n"]],
///  "occurred_at":"2026-05-03T14:00:00Z","received_at":"2026-05-03T14:00:00Z","source":"one_click",
///  "run":7,"evidence":"<64 hex digits>"}
/// ```
///
/// A set is target, old and new choice, the choices as XDM spells them, the empty text for unset. The address is there
/// when the change named one. What opens subject and address is told by [`opening`].
///
/// In the first form `v` is 1, subject and address are the pseudonyms themselves, 32 digits long, and the times exact.
pub(crate) fn leaf(event: &Event, secrets: &Secrets) -> String {
    let opening = opening_of(event, secrets);
    let (version, subject, address) = match event.form {
        LeafForm::First => (1, opening.subject_text(), opening.address_text()),
        LeafForm::Second => (2, opening.subject_commitment(), opening.address_commitment()),
    };
    let told = |at: Timestamp| match event.form {
        LeafForm::First => at,
        LeafForm::Second => Timestamp(at.0.div_euclid(MINUTE).saturating_mul(MINUTE)),
    };
    let mut leaf = format!(r#"{{"v":{version},"workspace":{},"subject":"{subject}""#, event.workspace.0);
    let mut write = |text: std::fmt::Arguments<'_>| {
        leaf.write_fmt(text).expect("writing to a string can't fail");
    };
    if let Some(address) = address {
        write(format_args!(r#","address":"{address}""#));
    }
    write(format_args!(r#","sets":["#));
    for (at, set) in event.sets.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        let (old, new) = (set.old.as_str(), set.new.as_str());
        match set.target {
            Target::Field(field) => write(format_args!(r#"{comma}["{field}","{old}","{new}"]"#)),
            Target::Identity(field) => write(format_args!(r#"{comma}["identity:{field}","{old}","{new}"]"#)),
            Target::List(list) => write(format_args!(r#"{comma}["list:{}","{old}","{new}"]"#, list.0)),
        }
    }
    write(format_args!("]"));
    if let Some(at) = event.occurred_at {
        write(format_args!(r#","occurred_at":"{}""#, told(at)));
    }
    // A source holds nothing that JSON would escape, see `consent::Source`.
    let received_at = told(event.received_at);
    write(format_args!(r#","received_at":"{received_at}","source":"{}""#, event.source.as_str()));
    if let Some(run) = event.run {
        write(format_args!(r#","run":{}"#, run.0));
    }
    if let Some(commitment) = &event.commitment {
        write(format_args!(r#","evidence":"{}""#, HEXLOWER.encode(commitment)));
    }
    write(format_args!("}}"));
    leaf
}

/// What opens an entry's leaf; `None` where it needs nothing.
pub(crate) fn opening(event: &Event, secrets: &Secrets) -> Option<Opening> {
    (event.form == LeafForm::Second).then(|| opening_of(event, secrets))
}

fn opening_of(event: &Event, secrets: &Secrets) -> Opening {
    Opening {
        subject: secrets.subject(event.workspace, event.profile),
        address: event.address.map(|address| secrets.address(event.workspace, address)),
        blind: secrets.blind(event.workspace, event.id),
    }
}

#[cfg(test)]
mod tests {
    use consent::{
        AddressId, Choice, Entropy, EntryId, Field, ListId, ProfileId, RunId, Source, WorkspaceId,
    };
    use smallvec::smallvec;

    use super::*;
    use crate::types::Applied;

    struct Sevens;

    impl Entropy for Sevens {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    fn secrets() -> Secrets {
        let dir = tempfile::tempdir().unwrap();
        Secrets::create(dir.path(), &Sevens).unwrap()
    }

    fn event(form: LeafForm) -> Event {
        let set = |target, old| Applied { target, old, new: Choice::No };
        Event {
            id: EntryId(42),
            workspace: WorkspaceId(1),
            profile: ProfileId(7),
            address: Some(AddressId(9)),
            run: Some(RunId(3)),
            occurred_at: Some(Timestamp(-1)),
            received_at: Timestamp(1_796_031_264_081_022),
            source: Source::ONE_CLICK,
            form,
            sets: smallvec![
                set(Target::Field(Field::Email), Choice::Yes),
                set(Target::Identity(Field::Email), Choice::Unset),
                set(Target::List(ListId(7)), Choice::Yes)
            ],
            commitment: Some([1; 32]),
        }
    }

    #[test]
    fn the_first_form_is_what_it_always_was() {
        let secrets = secrets();
        let hex = |bytes: &[u8]| HEXLOWER.encode(bytes);
        let expected = format!(
            r#"{{"v":1,"workspace":1,"subject":"{}","address":"{}","sets":[["email","y","n"],["identity:email","","n"],["list:7","y","n"]],"occurred_at":"1969-12-31T23:59:59.999999Z","received_at":"2026-11-30T09:34:24.081022Z","source":"one_click","run":3,"evidence":"{}"}}"#,
            hex(&secrets.subject(WorkspaceId(1), ProfileId(7))),
            hex(&secrets.address(WorkspaceId(1), AddressId(9))),
            hex(&[1; 32])
        );
        assert_eq!(leaf(&event(LeafForm::First), &secrets), expected);
        assert_eq!(opening(&event(LeafForm::First), &secrets), None);
    }

    #[test]
    fn the_second_form_tells_neither_whose_it_is_nor_the_second() {
        let secrets = secrets();
        let event = event(LeafForm::Second);
        let (text, opening) = (leaf(&event, &secrets), opening(&event, &secrets).unwrap());
        let expected = format!(
            r#"{{"v":2,"workspace":1,"subject":"{}","address":"{}","sets":[["email","y","n"],["identity:email","","n"],["list:7","y","n"]],"occurred_at":"1969-12-31T23:59:00Z","received_at":"2026-11-30T09:34:00Z","source":"one_click","run":3,"evidence":"{}"}}"#,
            opening.subject_commitment(),
            opening.address_commitment().unwrap(),
            HEXLOWER.encode(&[1; 32])
        );
        assert_eq!(text, expected);
        let next = Event { id: EntryId(43), ..event.clone() };
        let of = |event: &Event| leaf(event, &secrets);
        let (subject, address) = (opening.subject_text(), opening.address_text().unwrap());
        for text in [of(&event), of(&next)] {
            assert!(!text.contains(&subject) && !text.contains(&address), "{text}");
        }
        assert!(!of(&next).contains(&opening.subject_commitment()));
        assert!(!of(&next).contains(&opening.address_commitment().unwrap()));
        let later = Event { received_at: Timestamp(event.received_at.0 + 1_000_000), ..event.clone() };
        assert_eq!(of(&later), of(&event), "of the same minute");
    }

    #[test]
    fn any_time_can_be_told() {
        for at in [i64::MIN, i64::MAX, 0] {
            let event = Event { occurred_at: Some(Timestamp(at)), ..event(LeafForm::Second) };
            assert!(leaf(&event, &secrets()).contains("occurred_at"));
        }
    }
}
