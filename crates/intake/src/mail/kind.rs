//! What a mail is: a complaint, a bounce, an unsubscribe request, an automatic answer, or none of these.

use consent::Timestamp;

use super::bounce::Report;
use super::mime::{self, Header, Mail};
use super::{Envelope, FeedbackType, Kind, Reading, arf, reply, text, token};

/// Reports within mails that were forwarded.
const FORWARDS_MAX: usize = 2;

/// How subjects of bounces speak.
const SUBJECTS: &[&str] = &[
    "undeliver",
    "undelivered",
    "delivery status notification",
    "delivery failure",
    "delivery failed",
    "delivery has failed",
    "delivery problem",
    "delivery notification",
    "delivery report",
    "delivery error",
    "delivery incomplete",
    "delivery unsuccessful",
    "delivery delayed",
    "delivery status",
    "failure notice",
    "failed delivery",
    "failed mail",
    "failure delivery",
    "mail failure",
    "message failure",
    "mail delivery",
    "mail error",
    "mail system error",
    "mail could not be delivered",
    "mail not delivered",
    "message delivery has failed",
    "message could not be delivered",
    "message not delivered",
    "message undeliverable",
    "message you sent blocked",
    "message status",
    "message delayed",
    "returned mail",
    "returned message",
    "return mail",
    "returned to sender",
    "returning message",
    "returned email",
    "could not send message",
    "couldn't be delivered",
    "could not be delivered",
    "not delivered",
    "non-delivery",
    "nondeliverable",
    "non delivery",
    "non remis",
    "unable to deliver",
    "unzustellbar",
    "nicht zustellbar",
    "zustellung",
    "error sending your mail",
    "there was an error sending",
    "sorry, your mail",
    "postmaster notify",
    "user unknown",
    "unknown user",
    "loop alert",
    "address not found",
    "не доставлено",
    "не удалось",
    "недостав",
    "配信",
    "配送",
    "送信エラー",
    "エラーメール",
    "退信",
    "退回",
    "無法傳遞",
    "无法投递",
    "배달",
    "반송",
    "échec de la remise",
    "échec de remise",
    "non distribué",
    "no se puede entregar",
    "no se pudo entregar",
    "no entregado",
    "correo devuelto",
    "mancato recapito",
    "recapito non riuscito",
    "impossibile recapitare",
    "não é possível entregar",
    "não entregue",
    "falha na entrega",
    "onbestelbaar",
    "niet bezorgd",
    "niet bestelbaar",
    "går inte att leverera",
    "kan ikke leveres",
    "niedostarcz",
    "nie można dostarczyć",
    "nedoručitelné",
    "teslim edilemedi",
    "kézbesíthetetlen",
];

/// A server's notices to its own postmaster, of strangers who knocked: nothing of ours came back.
const NOTICES: &[&str] = &["postfix smtp server: errors from", "postfix smtp client: errors from"];

/// Senders that write bounces, and people who look after servers.
const KEEPERS: &[&str] = &["postmaster", "post_master"];

/// Senders that write bounces and hardly anything else.
const SENDERS: &[&str] = &[
    "mailer-daemon",
    "mailerdaemon",
    "mail.delivery.system",
    "mail delivery s",
    "mail-daemon",
    "mdaemon",
    "mailer_daemon",
    "mailrouter",
    "mail router",
    "delivery subsystem",
    "delivery agent",
];

pub(super) fn read(raw: &[u8], envelope: &Envelope<'_>) -> Reading {
    let mut messages = mime::messages(raw).into_iter();
    let mut reading = read_one(messages.next().unwrap_or_default(), envelope);
    for message in messages {
        let next = read_one(message, envelope);
        if next.kind == reading.kind {
            reading.recipients.extend(next.recipients);
            reading.tokens.extend(next.tokens);
        }
    }
    reading
}

fn read_one(raw: &[u8], envelope: &Envelope<'_>) -> Reading {
    let mail = Mail::parse(raw);
    let mut reading = read_parsed(&mail, envelope, FORWARDS_MAX);
    reading.message_id = mail.header.get("message-id").map(bare_id).filter(|id| !id.is_empty());
    reading.date = mail.header.get("date").and_then(date);
    reading
}

fn read_parsed(mail: &Mail, envelope: &Envelope<'_>, forwards: usize) -> Reading {
    if let Some(complaint) = arf::read(mail) {
        return Reading {
            kind: Kind::Complaint,
            tokens: token::candidates(mail, &complaint.original, envelope),
            feedback_type: Some(complaint.feedback_type),
            recipients: complaint.recipients,
            ..Reading::default()
        };
    }
    let report = Report::new(mail);
    let asks = token::asks_to_unsubscribe(mail, envelope);
    if is_bounce(mail, &report, envelope) {
        let recipients = report.recipients();
        if !recipients.is_empty() {
            let tokens = token::candidates(mail, &report.original, envelope);
            return Reading { kind: Kind::Bounce, recipients, tokens, ..Reading::default() };
        }
    }
    let tokens = token::candidates(mail, &Header::default(), envelope);
    let machine = reply::is_auto_submitted(mail) || token::is_null_sender(mail, envelope);
    if asks && !machine {
        return Reading { kind: Kind::Unsubscribe, tokens, ..Reading::default() };
    }
    if reply::is_apple_unsubscribe(mail) {
        // To an address that isn't one of our tokens': it says who wants no more, not of what.
        let recipients = arf::of_sender(mail);
        return Reading {
            kind: Kind::Complaint,
            feedback_type: Some(FeedbackType::OptOut),
            recipients,
            tokens,
            ..Reading::default()
        };
    }
    if reply::is_auto_reply(mail) {
        return Reading {
            kind: Kind::AutoReply,
            recipients: reply::recipients(mail),
            tokens,
            ..Reading::default()
        };
    }
    if forwards > 0
        && let Some(forwarded) = forwarded(mail, forwards - 1)
    {
        return forwarded;
    }
    Reading { tokens, ..Reading::default() }
}

/// A bounce that someone forwarded as an attachment.
fn forwarded(mail: &Mail, forwards: usize) -> Option<Reading> {
    let part = mail.of_kind(mime::Kind::Original).next()?;
    let inner = Mail::parse(part.text.trim_start().as_bytes());
    let reading = read_parsed(&inner, &Envelope::default(), forwards);
    matches!(reading.kind, Kind::Bounce).then_some(reading)
}

fn is_bounce(mail: &Mail, report: &Report, envelope: &Envelope<'_>) -> bool {
    let subject = mail.header.decoded("subject").to_lowercase();
    if mail.report && report.has_fields() {
        return true;
    }
    if NOTICES.iter().any(|notice| subject.starts_with(notice)) {
        return false;
    }
    let says = SUBJECTS.iter().any(|phrase| subject.contains(phrase));
    let from = mail.header.decoded("from").to_lowercase();
    let machine = SENDERS.iter().any(|name| from.contains(name)) || from.trim() == "<>";
    let daemon = machine || KEEPERS.iter().any(|name| from.contains(name));
    let null = token::is_null_sender(mail, envelope);
    let failed = mail.header.get("x-failed-recipients").is_some();
    // A vacation notice may come from the null sender too; it doesn't speak like a server.
    let speaks = || {
        let normal = text::normalise(report.explanation());
        SPEECH.iter().any(|phrase| normal.contains(phrase))
    };
    // An answer may quote what servers say; servers don't answer.
    let answers = reply::subject_says(mail) || reply::is_auto_reply(mail) && !report.has_fields();
    if answers && !failed && !daemon {
        return false;
    }
    if !(failed || daemon || null) && is_written(mail, &subject, report) {
        return false;
    }
    failed
        || daemon && (says || report.has_fields())
        || daemon && speaks() && (machine || null || report.shows_server())
        || daemon && report.names_people() && report.shows_code()
        || says && (null || report.has_fields() || report.shows_server() && speaks())
        || null && (report.has_fields() || speaks())
        || report.has_fields() && speaks()
}

/// A person's answer, or a list's news: they may speak of bounces and quote them. Servers neither answer nor run lists.
fn is_written(mail: &Mail, subject: &str, report: &Report) -> bool {
    let subject = subject.trim_start();
    let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| subject.starts_with(prefix));
    let list = ["list-id", "list-unsubscribe", "list-post"];
    mail.header.get("in-reply-to").is_some()
        || list.iter().any(|name| mail.header.get(name).is_some())
        || begins(&["re:", "aw:", "sv:", "antw:"])
        || begins(&["fw:", "fwd:", "wg:"]) && !report.has_fields()
}

/// What servers say when they couldn't deliver, whatever stands in the header.
const SPEECH: &[&str] = &[
    "could not be delivered",
    "couldn't be delivered",
    "cannot be delivered",
    "can't be delivered",
    "was not delivered",
    "wasn't delivered",
    "not be delivered",
    "been delivered",
    "unable to deliver",
    "failed to deliver",
    "could not deliver",
    "couldn't deliver",
    "delivery to the following",
    "delivery to these recipients",
    "delevery to the following",
    "delivery failed",
    "delivery has failed",
    "delivery failure",
    "delivery error",
    "undeliverable",
    "undelivered",
    "had permanent fatal errors",
    "permanent fatal error",
    "permanent error",
    "delivery problems",
    "failed permanently",
    "transcript of session",
    "final-recipient",
    "following address",
    "failed addresses",
    "failure reasons",
    "mailbox exceeds allowed size",
    "duplicated message-id",
    "could not be sent",
    "couldn't be sent",
    "trouble delivering",
    "error delivering",
    "attempting to deliver",
    "returned to sender",
    "did not reach",
    "following recipient",
    "undeliver",
    "user unknown",
    "not deliver",
    "konnte nicht",
];

fn bare_id(value: &str) -> String {
    text::cut(value.trim().trim_start_matches('<').trim_end_matches('>'), 998).to_owned()
}

fn date(value: &str) -> Option<Timestamp> {
    // `(JST)` and the like may stand at the end.
    let bare = value.split('(').next().unwrap_or_default().trim();
    let moment =
        jiff::fmt::rfc2822::DateTimeParser::new().relaxed_weekday(true).parse_timestamp(bare).ok()?;
    Some(Timestamp(moment.as_microsecond()))
}
