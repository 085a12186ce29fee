//! Bounces: who didn't get the message, and why, from the report's own part or from its words.

use consent::BounceReason;

use super::fields::{self, Fields, RECIPIENTS_MAX};
use super::judge::{Said, judge};
use super::mime::{Header, Kind, Mail};
use super::plain::{self, Block};
use super::text;
use super::{Action, Recipient};

/// What a report consists of, before it is known what it means.
pub(super) struct Report {
    fields: Vec<Fields>,
    /// What is written for people, without the returned message.
    explanation: String,
    /// The returned message's header, as far as it came back.
    pub(super) original: Header,
    /// Named in a header by Exim, Google and others.
    named: Vec<String>,
    own: Vec<String>,
    /// It returns a message.
    returns: bool,
}

impl Report {
    /// Takes the parts of a mail for a report.
    pub(super) fn new(mail: &Mail) -> Self {
        let mut explanation = String::new();
        let mut returned = String::new();
        let mut fields = Vec::new();
        for part in &mail.parts {
            match part.kind {
                Kind::Status => fields.extend(fields::read(&part.text)),
                Kind::Original if returned.is_empty() => part.text.clone_into(&mut returned),
                Kind::Text => take_text(&part.text, &mut explanation, &mut returned),
                Kind::Html if explanation.trim().is_empty() => {
                    take_text(&part.text, &mut explanation, &mut returned);
                }
                _ => {}
            }
        }
        if !fields.iter().any(|fields| fields.address().is_some_and(|address| !address.is_empty())) {
            let inside = fields::read(&explanation);
            if !inside.is_empty() {
                fields = inside;
            }
        }
        fields.truncate(RECIPIENTS_MAX);
        let original = Header::parse(returned.trim_start().as_bytes()).0;
        let named = ["x-failed-recipients", "x-bounced-address"]
            .into_iter()
            .flat_map(|name| mail.header.all(name))
            .flat_map(text::addresses)
            .take(RECIPIENTS_MAX)
            .map(str::to_owned)
            .collect();
        let own = ["from", "to", "sender", "reply-to", "delivered-to", "return-path"]
            .into_iter()
            .flat_map(|name| mail.header.all(name))
            .flat_map(text::addresses)
            .chain(original.all("from").chain(original.all("return-path")).flat_map(text::addresses))
            .take(RECIPIENTS_MAX)
            .map(str::to_owned)
            .collect();
        let returns = !returned.trim().is_empty();
        Self { fields, explanation, original, named, own, returns }
    }

    /// It holds the fields of a delivery status, in whatever place.
    pub(super) fn has_fields(&self) -> bool {
        !self.fields.is_empty()
    }

    /// It names people who failed at the head of a line or of the message.
    pub(super) fn names_people(&self) -> bool {
        !self.named.is_empty()
            || !plain::blocks(&self.explanation, &|address| self.is_own(address)).is_empty()
    }

    /// It has what a server writes and a person hardly does: a reply code, a status, the returned message, or people at the
    /// head of lines.
    pub(super) fn shows_server(&self) -> bool {
        self.shows_code() || self.returns || self.names_people()
    }

    /// It has a reply code or a status.
    pub(super) fn shows_code(&self) -> bool {
        text::reply_code(&self.explanation).is_some() || text::enhanced_status(&self.explanation).is_some()
    }

    pub(super) fn explanation(&self) -> &str {
        &self.explanation
    }

    fn is_own(&self, address: &str) -> bool {
        let to_original = self
            .original
            .get("to")
            .is_some_and(|to| text::addresses(to).any(|to| to.eq_ignore_ascii_case(address)));
        !to_original && self.own.iter().any(|own| own.eq_ignore_ascii_case(address))
    }

    /// The recipients that it reports on.
    pub(super) fn recipients(&self) -> Vec<Recipient> {
        let mut blocks = plain::blocks(&self.explanation, &|address| self.is_own(address));
        if blocks.is_empty() {
            // Someone who wrote to themselves.
            blocks = plain::blocks(&self.explanation, &|address| !self.is_own(address));
        }
        if self.fields.is_empty() {
            return self.by_words(&blocks);
        }
        let count = self.fields.len();
        let each =
            self.fields.iter().enumerate().map(|(at, fields)| self.by_fields(at, count, fields, &blocks));
        let mut recipients: Vec<Recipient> = Vec::new();
        for recipient in each {
            let same = |known: &Recipient| known.address.eq_ignore_ascii_case(&recipient.address);
            if !recipients.iter().any(same) {
                recipients.push(recipient);
            }
        }
        recipients
    }

    fn by_fields(&self, at: usize, count: usize, fields: &Fields, blocks: &[Block]) -> Recipient {
        let known = fields.address().filter(|address| !address.is_empty());
        let own =
            known.and_then(|address| blocks.iter().find(|block| block.address.eq_ignore_ascii_case(address)));
        let block = own.or_else(|| blocks.get(at).filter(|_| blocks.len() == count));
        let address = known.map(str::to_owned).or_else(|| block.map(|block| block.address.clone()));
        let address = address.or_else(|| self.fallback().into_iter().next()).unwrap_or_default();
        let words = match block {
            Some(block) if count > 1 => block.text.as_str(),
            _ if count == 1 => self.explanation.as_str(),
            _ => "",
        };
        let mut recipient = judge(&Said {
            diagnostic: &fields.diagnostic,
            words,
            block: block.map_or("", |block| block.text.as_str()),
            status: &fields.status,
            remote: &fields.remote,
            action: Action::parse(&fields.action),
        });
        recipient.original =
            fields.original.clone().filter(|original| *original != address && !original.is_empty());
        recipient.address = address;
        recipient
    }

    fn by_words(&self, blocks: &[Block]) -> Vec<Recipient> {
        let delayed = is_delayed(&self.explanation);
        let delivered = is_delivered(&self.explanation);
        let say = |address: String, block: &str, words: &str| {
            let action = if delayed { Action::Delayed } else { Action::Failed };
            let said = Said { diagnostic: "", words, block, status: "", remote: "", action };
            let judged = judge(&said);
            // Nothing went wrong, and it says that it went well.
            if delivered && matches!(judged.reason, BounceReason::OnHold | BounceReason::Delivered) {
                return Recipient {
                    address,
                    reason: BounceReason::Delivered,
                    hard: false,
                    action: Action::Delivered,
                    ..judged
                };
            }
            Recipient { address, ..judged }
        };
        let wanted = |block: &&Block| self.named.is_empty() || self.is_named(&block.address);
        let blocks: Vec<&Block> = blocks.iter().filter(wanted).collect();
        if blocks.len() > 1 {
            return blocks.iter().map(|block| say(block.address.clone(), &block.text, &block.text)).collect();
        }
        let block = blocks.first().map_or("", |block| block.text.as_str());
        let mut people = self.named.clone();
        if people.is_empty() {
            people.extend(blocks.first().map(|block| block.address.clone()));
        }
        if people.is_empty() {
            people = self.fallback();
        }
        people.into_iter().map(|address| say(address, block, &self.explanation)).collect()
    }

    fn is_named(&self, address: &str) -> bool {
        self.named.iter().any(|named| named.eq_ignore_ascii_case(address))
    }

    /// Whom it must be about when nothing says so plainly: named in a header, in a sentence, or the returned message's `To`.
    fn fallback(&self) -> Vec<String> {
        if let Some(named) = self.named.first() {
            return vec![named.clone()];
        }
        let mentioned = plain::mentioned(&self.explanation, &|address| self.is_own(address));
        let to: Vec<String> = ["to", "x-envelope-to", "x-rcpt-to", "cc"]
            .into_iter()
            .flat_map(|name| self.original.all(name))
            .flat_map(text::addresses)
            .take(RECIPIENTS_MAX)
            .map(str::to_owned)
            .collect();
        // Who is both mentioned and in the returned header is it; contacts and help desks aren't.
        let both = mentioned.iter().find(|address| to.iter().any(|to| to.eq_ignore_ascii_case(address)));
        let told = both.or(mentioned.first()).or(to.first()).cloned();
        told.or_else(|| plain::anyone(&self.explanation, &|address| self.is_own(address)))
            .into_iter()
            .collect()
    }
}

fn take_text(part: &str, explanation: &mut String, returned: &mut String) {
    let text = plain::unquote(part);
    let (said, rest) = plain::split(&text);
    if explanation.len() < super::mime::TEXT_LENGTH_MAX {
        explanation.push_str(said);
        explanation.push('\n');
    }
    if returned.is_empty() {
        rest.clone_into(returned);
    }
}

fn is_delivered(explanation: &str) -> bool {
    let normal = text::normalise(explanation);
    let arrived = [
        "was successfully delivered",
        "been successfully delivered",
        "has been delivered to the following",
        "had successful delivery notifications",
        "recipients or groups is complete",
        "successfully relayed",
    ];
    arrived.iter().any(|phrase| normal.contains(phrase))
}

fn is_delayed(explanation: &str) -> bool {
    let normal = text::normalise(explanation);
    let still = [
        "no action is required on your part",
        "delivery attempts will continue",
        "will continue to be made",
        "temporary failure report",
        "only a warning",
        "warning message only",
        "do not need to resend",
        "do not need to re-send",
        "has not yet been delivered",
        "will keep trying",
        "will be retried",
        "message is delayed",
        "delivery has been delayed",
        "delivery is delayed",
    ];
    still.iter().any(|phrase| normal.contains(phrase))
}
