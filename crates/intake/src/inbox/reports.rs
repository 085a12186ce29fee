//! What was read in a mail becomes reports.

use consent::{KeyRing, Purpose, Timestamp, Token};
use sha2::{Digest, Sha256};

use super::addresses::token_of;
use crate::feedback::{Report, What, report_id, token_in};
use crate::mail::{Action, Kind, Reading, Recipient};

/// Bytes of an opt-out's or a complaint's mail that are kept as evidence: header fields, and how the text begins.
const EVIDENCE_LENGTH_MAX: usize = 4 * 1024;
/// The header fields of a mail without Message-ID that tell it from another one.
const TELLING_FIELDS: [&[u8]; 3] = [b"from:", b"date:", b"subject:"];

/// How a mail came in.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The envelope sender, if it is known; empty for the null sender.
    pub from: Option<String>,
    /// The envelope recipients, if they are known.
    pub to: Vec<String>,
}

/// The reports of a mail, at least one. `may_name`: one without a token of ours may name the address that it is about.
pub(super) fn of(
    reading: &Reading,
    raw: &[u8],
    origin: &Origin,
    may_name: bool,
    ring: &KeyRing,
    now: Timestamp,
) -> Vec<Report> {
    let mail = Mail { reading, raw, origin, may_name, ring, identity: identity(reading, raw), now };
    match reading.kind {
        Kind::Unsubscribe => mail.unsubscribes(),
        Kind::Bounce => mail.bounces(),
        Kind::Complaint => mail.complaints(),
        Kind::AutoReply | Kind::None => vec![mail.noted(&mail.tokens(), reading.kind.name())],
    }
}

struct Mail<'a> {
    reading: &'a Reading,
    raw: &'a [u8],
    origin: &'a Origin,
    may_name: bool,
    ring: &'a KeyRing,
    /// What the same mail has in common wherever it comes in.
    identity: Identity,
    now: Timestamp,
}

struct Identity {
    text: String,
    /// Whether it can't be another mail's.
    unique: bool,
}

impl Mail<'_> {
    /// The tokens of ours that verify, spelled as they stand, the surest first.
    fn tokens(&self) -> Vec<String> {
        let of_envelope = self.origin.to.iter().filter_map(|to| {
            let local = to.rsplit_once('@').map_or(to.as_str(), |(local, _)| local);
            self.canonical(token_of(self.ring, local)?)
        });
        let of_mail = self.reading.tokens.iter().filter_map(|text| {
            let token = token_in(self.ring, text)?;
            self.canonical(token)
        });
        let mut tokens: Vec<String> = Vec::new();
        for token in of_envelope.chain(of_mail) {
            if !tokens.contains(&token) {
                tokens.push(token);
            }
        }
        tokens
    }

    /// A token in the one spelling that everything understands.
    fn canonical(&self, token: Token) -> Option<String> {
        self.ring.sign(&token).ok().map(|signed| signed.to_local_part())
    }

    /// One for each unsubscribe address that the mail was sent to. Only a token made for it acts.
    fn unsubscribes(&self) -> Vec<Report> {
        let made_for_it = |text: &String| {
            token_in(self.ring, text)
                .is_some_and(|token| matches!(token.purpose, Purpose::Unsubscribe | Purpose::Proof))
        };
        let tokens = self.tokens();
        let asked: Vec<&String> = tokens.iter().filter(|token| made_for_it(token)).collect();
        if asked.is_empty() || self.origin.from.as_deref() == Some("") {
            return vec![self.noted(&tokens, "unsubscribe without a valid token")];
        }
        let reports = asked.iter().map(|token| {
            let what = What::Unsubscribed { list: None };
            let mut report = self.report(what, "mailto", std::slice::from_ref(token), None, String::new());
            if !self.identity.unique {
                // Rather the same no twice than two taken for one.
                let at = self.now.0.to_string();
                report.id = report_id("mail", &[&self.identity.text, token, &at]);
            }
            Report { raw: Some(self.evidence()), ..report }
        });
        reports.collect()
    }

    fn complaints(&self) -> Vec<Report> {
        let tokens = self.tokens();
        let kind = self.reading.feedback_type;
        if !kind.is_none_or(crate::mail::FeedbackType::is_objection) {
            return vec![self.noted(&tokens, kind.map_or("complaint", |kind| kind.name()))];
        }
        let detail = kind.map_or("abuse", |kind| kind.name());
        let complained = |recipient: Option<&Recipient>| {
            let report = self.report(What::Complained, "arf", &tokens, recipient, detail.to_owned());
            Report { raw: Some(self.evidence()), ..report }
        };
        match self.reading.recipients.as_slice() {
            // A token names the one person that our message went to.
            recipients if !tokens.is_empty() || recipients.is_empty() => vec![complained(recipients.first())],
            recipients => recipients.iter().map(|recipient| complained(Some(recipient))).collect(),
        }
    }

    fn bounces(&self) -> Vec<Report> {
        let tokens = self.tokens();
        let recipients = &self.reading.recipients;
        if tokens.is_empty() {
            return recipients.iter().map(|recipient| self.bounce(&tokens, recipient)).collect();
        }
        // Our message went to one person; where the report names several, they are that address's targets. While one of
        // them takes mail or may yet, the address isn't gone.
        let mildest = recipients.iter().min_by_key(|recipient| match recipient.action {
            Action::Delivered | Action::Relayed => 0,
            Action::Delayed => 1,
            Action::Failed | Action::None if !recipient.hard => 2,
            Action::Failed | Action::None => 3,
        });
        let one = mildest.map(|recipient| self.bounce(&tokens, recipient));
        one.map_or_else(|| vec![self.noted(&tokens, "bounce")], |report| vec![report])
    }

    fn bounce(&self, tokens: &[String], recipient: &Recipient) -> Report {
        let what = match recipient.action {
            Action::Failed if !recipient.reason.is_bounce() => What::Noted,
            Action::Failed => What::Bounced { reason: recipient.reason, hard: recipient.hard },
            Action::Delivered => What::Delivered,
            Action::Delayed | Action::Relayed | Action::None => What::Noted,
        };
        let detail = [&recipient.status, &recipient.reply_code, &recipient.diagnostic];
        let detail: Vec<&str> =
            detail.into_iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
        self.report(what, "dsn", tokens, Some(recipient), detail.join(" "))
    }

    fn noted(&self, tokens: &[String], detail: &str) -> Report {
        self.report(What::Noted, "mail", tokens, None, detail.to_owned())
    }

    fn report(
        &self,
        what: What,
        source: &str,
        tokens: &[impl AsRef<str>],
        recipient: Option<&Recipient>,
        detail: String,
    ) -> Report {
        let address = recipient.map(Recipient::mailed).filter(|address| !address.is_empty());
        let token = tokens.first().map(AsRef::as_ref);
        let action = recipient.map(|recipient| format!("{:?} {}", recipient.action, recipient.status));
        let may_name = self.may_name && token.is_none();
        // Not believed here, the same mail may come to an address where it is.
        let unheard = if token.is_none() && address.is_some() && !may_name { "unnamed" } else { "" };
        let id = report_id(
            "mail",
            &[
                &self.identity.text,
                source,
                // With a token, one person is meant however the report spells them.
                token.or(address).unwrap_or_default(),
                &format!("{}{unheard}", action.unwrap_or_default()),
            ],
        );
        Report {
            id,
            what,
            tokens: tokens.iter().map(|token| token.as_ref().to_owned()).collect(),
            address: address.filter(|_| may_name).map(str::to_owned),
            occurred_at: self.reading.date,
            source: source.to_owned(),
            detail,
            raw: None,
        }
    }

    fn evidence(&self) -> String {
        String::from_utf8_lossy(&self.raw[..self.raw.len().min(EVIDENCE_LENGTH_MAX)]).into_owned()
    }
}

/// The same for every copy of a mail, and another for every other mail: its Message-ID and Date, since some servers
/// give many mails one Message-ID; without a Message-ID, some header fields and the body.
fn identity(reading: &Reading, raw: &[u8]) -> Identity {
    let date = reading.date.map_or_else(String::new, |date| date.0.to_string());
    if let Some(id) = &reading.message_id {
        return Identity { text: format!("{} {date}", id.trim()), unique: true };
    }
    let mut hash = Sha256::new();
    let mut in_body = false;
    // Ways in differ in the line ends they keep, and in the fields they add in front.
    for line in raw.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        in_body |= line.is_empty();
        let starts =
            |field: &&[u8]| line.get(..field.len()).is_some_and(|start| start.eq_ignore_ascii_case(field));
        if in_body && !line.is_empty() || TELLING_FIELDS.iter().any(starts) {
            hash.update(line);
            hash.update(b"\n");
        }
    }
    let digest = data_encoding::HEXLOWER.encode(&hash.finalize());
    Identity { text: digest, unique: reading.date.is_some() }
}
