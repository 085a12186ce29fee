//! Complaints: the abuse reporting format (RFC 5965), and what providers send instead of it.

use consent::BounceReason;

use super::mime::{Header, Kind, Mail};
use super::text;
use super::{Action, FeedbackType, Recipient};

/// Recipients of one complaint.
const RECIPIENTS_MAX: usize = 20;

/// A complaint.
pub(super) struct Complaint {
    pub(super) feedback_type: FeedbackType,
    pub(super) recipients: Vec<Recipient>,
    /// The header of the message complained about.
    pub(super) original: Header,
}

/// Reads a complaint, if it is one.
pub(super) fn read(mail: &Mail) -> Option<Complaint> {
    let original = original_header(mail);
    if let Some(part) = mail.of_kind(Kind::Feedback).next() {
        let (fields, _) = Header::parse(part.text.trim_start().as_bytes());
        let feedback_type = FeedbackType::parse(fields.get("feedback-type").unwrap_or_default());
        let named = ["original-rcpt-to", "removal-recipient", "final-recipient", "original-recipient"];
        let addresses = named.into_iter().flat_map(|name| fields.all(name)).flat_map(text::addresses);
        let recipients = recipients(addresses, &original);
        return Some(Complaint { feedback_type, recipients, original });
    }
    without_report(mail, original)
}

/// The sender, as the one who objects.
pub(super) fn of_sender(mail: &Mail) -> Vec<Recipient> {
    let from = mail.header.get("from").and_then(text::first_address).unwrap_or_default();
    vec![complained(from.to_owned())]
}

/// Microsoft's Junk Mail Reporting Program and its like: no report's part; the message is attached, and the recipient stands
/// in a header of the provider.
fn without_report(mail: &Mail, original: Header) -> Option<Complaint> {
    let header = &mail.header;
    let from = header.get("from").unwrap_or_default().to_ascii_lowercase();
    let sender = [
        "staff@hotmail.com",
        "staff@outlook.com",
        "scomp@aol.net",
        "feedbackloop@",
        "abuse-feedback@",
        "fbl@",
        "complaints@email-abuse.amazonses",
    ];
    let provider = sender.iter().any(|known| from.contains(known));
    let marked = ["x-hmxmroriginalrecipient", "x-loop-fbl", "x-fbl-source", "x-complaint-type"];
    let marked = marked.iter().any(|name| header.get(name).is_some());
    let subject = header.decoded("subject").to_lowercase();
    let subject = [
        "complaint about message from",
        "abuse report",
        "spam report",
        "junk mail report",
        "email feedback report",
    ]
    .iter()
    .any(|known| subject.contains(known));
    let report =
        header.get("content-type").is_some_and(|kind| kind.to_ascii_lowercase().contains("feedback-report"));
    let attached = mail.of_kind(Kind::Original).next().is_some();
    if !(report || (marked || provider) && (attached || subject)) {
        return None;
    }
    let named = ["x-hmxmroriginalrecipient", "x-original-recipient", "x-complaint-recipient"];
    let addresses = named
        .into_iter()
        .flat_map(|name| header.all(name).chain(original.all(name)))
        .flat_map(text::addresses);
    let recipients = recipients(addresses, &original);
    Some(Complaint { feedback_type: FeedbackType::Abuse, recipients, original })
}

fn original_header(mail: &Mail) -> Header {
    // Some wrap the message in text instead of attaching it.
    let attached = mail.of_kind(Kind::Original).next();
    let text = attached.or_else(|| mail.of_kind(Kind::Text).nth(1));
    text.map(|part| Header::parse(part.text.trim_start().as_bytes()).0).unwrap_or_default()
}

/// The addresses named, else those in the header of the message complained about; redacted ones give one empty address.
fn recipients<'a>(named: impl Iterator<Item = &'a str>, original: &Header) -> Vec<Recipient> {
    let mut found: Vec<String> = Vec::new();
    let mut take = |address: &str| {
        if found.len() < RECIPIENTS_MAX
            && !is_redacted(address)
            && !found.iter().any(|known| known.eq_ignore_ascii_case(address))
        {
            found.push(address.to_owned());
        }
    };
    named.for_each(&mut take);
    if found.is_empty() {
        // A message of ours has one recipient, who stands in `To`; the others say where it ended up.
        let envelope =
            ["x-hmxmroriginalrecipient", "to", "x-rcpt-to", "x-original-to", "envelope-to", "delivered-to"];
        for name in envelope {
            let mut take = |address: &str| {
                if found.is_empty() && !is_redacted(address) {
                    found.push(address.to_owned());
                }
            };
            original.all(name).flat_map(text::addresses).for_each(&mut take);
        }
    }
    if found.is_empty() {
        found.push(String::new());
    }
    found.into_iter().map(complained).collect()
}

/// `redacted@aol.com`, `undisclosed@...`, `xxxx@...`: there for the form.
fn is_redacted(address: &str) -> bool {
    let local = address.split('@').next().unwrap_or_default().to_ascii_lowercase();
    local.starts_with("redacted") || local.starts_with("undisclosed") || local.starts_with("[redacted")
}

fn complained(address: String) -> Recipient {
    Recipient {
        address,
        original: None,
        status: String::new(),
        reply_code: String::new(),
        reason: BounceReason::Feedback,
        hard: false,
        action: Action::None,
        diagnostic: String::new(),
    }
}
