//! Messages that come in parts, in any order. No part acts by itself; one that reads like a refusal stops marketing until
//! the rest is there, or a person has read it.

use consent::sms::{Class, classify};
use store::{HoldDecision, Store, StoreError, Text, TextEffects, TextId, TextPart};

use super::desk::Desk;
use super::event::{Message, Part};
use super::take::{Outcome, text_id};
use super::text::{Incoming, Read, keep as keep_text};
use crate::mail::cut;

/// Longest reference that stands in the name of a rule, in bytes.
const REFERENCE_LENGTH_MAX: usize = 40;
/// Texts of a number among which held parts are looked for.
const TEXTS_MAX: usize = 300;

/// What is known of a message.
pub(super) enum Parts {
    /// Not all of it: these words.
    Missing(String),
    /// All of it.
    Whole(Whole),
}

/// A message that is complete.
pub(super) struct Whole {
    pub id: TextId,
    pub text: String,
}

/// Keeps a part, and says what is known of its message.
pub(super) async fn keep(
    store: &Store,
    desk: &Desk,
    incoming: &Incoming,
    message: &Message,
    part: &Part,
) -> Result<Parts, StoreError> {
    let total = part.total.to_string();
    let of = [message.from.as_str(), &message.to, &part.reference, &total];
    let kept = TextPart {
        message: text_id(desk, &[["parts"].as_slice(), &of].concat()),
        number: part.number,
        total: part.total,
        text: message.text.clone(),
        received_at: incoming.now,
    };
    let known = store.keep_part(desk.workspace, kept).await?;
    let whole = known.len() == usize::from(part.total);
    let texts: Vec<String> = known.into_iter().map(|(_, text)| text).collect();
    if !whole {
        return Ok(Parts::Missing(texts.join(" ")));
    }
    let text = cut(&texts.concat(), Text::TEXT_BYTES_MAX).to_owned();
    // Phones count references in 8 bits, so that one comes again: what a message says, and the day, tell it from an earlier.
    let day = (incoming.at.0.div_euclid(86_400 * 1_000_000)).to_string();
    let id = text_id(desk, &[["whole"].as_slice(), &of, &[text.as_str(), day.as_str()]].concat());
    Ok(Parts::Whole(Whole { id, text }))
}

fn rule(part: &Part) -> String {
    let reference: String = part.reference.chars().filter(|c| !c.is_control()).collect();
    format!("part:{}", cut(&reference, REFERENCE_LENGTH_MAX))
}

/// Holds the number if what has come reads like a refusal.
pub(super) async fn wait(
    store: &Store,
    desk: &Desk,
    incoming: Incoming,
    known: String,
    part: &Part,
) -> Result<Outcome, StoreError> {
    if !matches!(classify(&known, &desk.keywords).class, Class::OptOut | Class::Review) {
        return Ok(Outcome::Waiting { held: false });
    }
    let incoming = Incoming { text: known, ..incoming };
    let read = Read { class: Class::Review, rule: rule(part), language: None, keyword: None };
    let effects = TextEffects { hold: true, ..TextEffects::default() };
    Ok(match keep_text(store, desk, &incoming, &read, effects, None).await? {
        Outcome::Repeated => Outcome::Repeated,
        _ => Outcome::Waiting { held: true },
    })
}

/// Ends the holds of a message's parts, since all of it has been read.
pub(super) async fn release(
    store: &Store,
    desk: &Desk,
    whole: &Incoming,
    part: &Part,
    refused: bool,
) -> Result<(), StoreError> {
    let rule = rule(part);
    let texts = store.texts_of(desk.workspace, whole.owner.address, TEXTS_MAX).await?;
    for text in texts.iter().filter(|text| text.rule == rule && text.source == desk.source) {
        let by = "the whole message".to_owned();
        let decision = HoldDecision { refused, by, at: whole.now };
        store.decide_hold(desk.workspace, text.id, decision).await?;
    }
    Ok(())
}
