//! Mails in memory.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, RwLock, RwLockReadGuard};

use consent::Timestamp;
use mail_parser::MessageParser;
use wire::receiver::{MailSink, ReceivedMail, Reply};

use super::letter;

/// Longest subject or sender that the list shows, in characters.
const LINE_CHARS_MAX: usize = 200;

/// How much is kept; past it the oldest mails go.
#[derive(Clone, Copy, Debug)]
pub struct MailboxLimits {
    /// Mails.
    pub mails: usize,
    /// Bytes of their data.
    pub bytes: usize,
}

impl Default for MailboxLimits {
    fn default() -> Self {
        Self { mails: 50_000, bytes: 512 * 1024 * 1024 }
    }
}

/// A mail that arrived.
pub struct Mail {
    /// Counts from 1, in order of arrival.
    pub id: u64,
    /// Envelope sender.
    pub from: String,
    /// Envelope recipients.
    pub to: Vec<String>,
    /// Header and body.
    pub data: Vec<u8>,
    /// When its transaction began: the server read MAIL FROM.
    pub begun_at: Timestamp,
    /// The subject, decoded.
    pub subject: String,
    /// The sender's name, or address where it has none.
    pub sender: String,
    /// What a search looks through, in lower case.
    haystack: String,
}

/// The mails, shared by clones.
#[derive(Clone)]
pub struct Mailbox {
    mails: Arc<RwLock<Mails>>,
    limits: MailboxLimits,
}

#[derive(Default)]
struct Mails {
    kept: VecDeque<Arc<Mail>>,
    by_recipient: HashMap<String, VecDeque<u64>>,
    bytes: usize,
    last_id: u64,
}

impl Mailbox {
    /// An empty one.
    pub fn new(limits: MailboxLimits) -> Self {
        Self { mails: Arc::default(), limits }
    }

    /// Takes a mail; the oldest ones go where there are too many.
    pub fn deliver(&self, mail: ReceivedMail) -> u64 {
        let mut taken = Mail {
            id: 0,
            from: mail.from,
            to: mail.to,
            data: mail.data,
            begun_at: mail.begun_at,
            subject: String::new(),
            sender: String::new(),
            haystack: String::new(),
        };
        describe(&mut taken);
        let mut mails = self.mails.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        mails.last_id += 1;
        taken.id = mails.last_id;
        mails.bytes += taken.data.len();
        for recipient in &taken.to {
            mails.by_recipient.entry(recipient.to_lowercase()).or_default().push_back(taken.id);
        }
        mails.kept.push_back(Arc::new(taken));
        while mails.kept.len() > self.limits.mails || mails.bytes > self.limits.bytes {
            mails.drop_oldest();
        }
        mails.last_id
    }

    /// A mail by its id; `None` if it never was or has been dropped.
    pub fn get(&self, id: u64) -> Option<Arc<Mail>> {
        self.read().get(id).cloned()
    }

    /// The mails to an address (in any case), oldest first.
    pub fn to(&self, recipient: &str) -> Vec<Arc<Mail>> {
        let mails = self.read();
        let ids = mails.by_recipient.get(&recipient.to_lowercase());
        ids.into_iter().flatten().filter_map(|id| mails.get(*id).cloned()).collect()
    }

    /// All mails after `after`, oldest first.
    pub fn after(&self, after: u64) -> Vec<Arc<Mail>> {
        self.read().kept.iter().filter(|mail| mail.id > after).cloned().collect()
    }

    /// A page of the mails whose subject, sender or recipient holds `search`, newest first, and how many there are.
    pub(super) fn search(&self, search: &str, skip: usize, limit: usize) -> (Vec<Arc<Mail>>, usize) {
        let needle = search.trim().to_lowercase();
        let mails = self.read();
        let mut found =
            mails.kept.iter().rev().filter(|mail| needle.is_empty() || mail.haystack.contains(&needle));
        let page: Vec<_> = found.by_ref().skip(skip).take(limit).cloned().collect();
        let total = if needle.is_empty() { mails.kept.len() } else { skip + page.len() + found.count() };
        (page, total)
    }

    /// How many are kept.
    pub fn len(&self) -> usize {
        self.read().kept.len()
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn read(&self) -> RwLockReadGuard<'_, Mails> {
        self.mails.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Mails {
    fn get(&self, id: u64) -> Option<&Arc<Mail>> {
        let first = self.kept.front()?.id;
        self.kept.get(usize::try_from(id.checked_sub(first)?).ok()?)
    }

    fn drop_oldest(&mut self) {
        let Some(oldest) = self.kept.pop_front() else { return };
        self.bytes -= oldest.data.len();
        for recipient in &oldest.to {
            let recipient = recipient.to_lowercase();
            if let Some(ids) = self.by_recipient.get_mut(&recipient) {
                ids.pop_front();
                if ids.is_empty() {
                    self.by_recipient.remove(&recipient);
                }
            }
        }
    }
}

fn describe(mail: &mut Mail) {
    let line = |text: &str| text.chars().take(LINE_CHARS_MAX).collect::<String>();
    let parsed = MessageParser::default().parse_headers(mail.data.as_slice());
    let subject = parsed.as_ref().and_then(|parsed| parsed.subject()).unwrap_or_default();
    let sender = parsed.as_ref().and_then(letter::sender).map(|(name, address)| name.unwrap_or(address));
    let (subject, sender) = (line(subject), line(&sender.unwrap_or_else(|| mail.from.clone())));
    mail.haystack = format!("{subject}\n{sender}\n{}", mail.to.join("\n")).to_lowercase();
    (mail.subject, mail.sender) = (subject, sender);
}

#[async_trait::async_trait]
impl MailSink for Mailbox {
    async fn rcpt(&self, _: &str) -> Result<(), Reply> {
        Ok(())
    }

    async fn message(&self, mail: ReceivedMail) -> Result<(), Reply> {
        self.deliver(mail);
        Ok(())
    }
}
