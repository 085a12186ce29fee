//! Link tokens: who a message went to and what a click means, signed, with nothing stored per message.
//!
//! A token is `version | key id | payload | HMAC-SHA256 cut to 12 bytes`, at most 38 bytes. It holds ids and no
//! personal data, is never single-use and doesn't expire: links in old messages keep working (I3). Keys rotate; a
//! retired key still verifies.

use data_encoding::{BASE32_NOPAD, BASE64URL_NOPAD};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use smallvec::SmallVec;

use crate::{AddressId, EntryId, Level, ListId, RunId, SendId, WorkspaceId};

/// What a token is for; one made for one purpose never serves another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Purpose {
    /// Opt out at the token's level.
    Unsubscribe = 1,
    /// Open the page of choices.
    Preferences = 2,
    /// Take back the opt-out recorded in a ledger entry.
    Undo = 3,
    /// The envelope sender (VERP): which message to whom came back.
    Bounce = 4,
    /// A link in a test or proof: every page shows, nothing is recorded.
    Proof = 5,
    /// Confirm an opt-in to [`Token::list`] (double opt-in).
    Confirm = 6,
    /// Open a landing page of the brand's.
    Landing = 7,
    /// A page of the brand's own, where somebody presses a button ([`External`]).
    ExternalPage = 8,
    /// The brand's own List-Unsubscribe, which mail programs post to or write to by themselves ([`External`]).
    ExternalHeader = 9,
    /// Confirm an opt-in to [`Token::list`] for an address as it was typed, whoever has it: [`Token::address`] stands for
    /// the address, as 48 bits of a keyed hash, and the request is known by its time.
    Join = 10,
    /// The envelope sender of the message with that link: names the same request, and confirms nothing.
    JoinBounce = 11,
}

impl Purpose {
    const ALL: [Self; 11] = [
        Self::Unsubscribe,
        Self::Preferences,
        Self::Undo,
        Self::Bounce,
        Self::Proof,
        Self::Confirm,
        Self::Landing,
        Self::ExternalPage,
        Self::ExternalHeader,
        Self::Join,
        Self::JoinBounce,
    ];

    /// Whether it stands in a link to something of the brand's own.
    pub const fn is_external(self) -> bool {
        matches!(self, Self::ExternalPage | Self::ExternalHeader)
    }
}

/// What a link carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is for.
    pub purpose: Purpose,
    /// How far the opt-out reaches.
    pub level: Level,
    /// Below 2^21.
    pub workspace: WorkspaceId,
    /// The address that the message went to. Below 2^49.
    pub address: AddressId,
    /// What else it names, as its purpose wants it.
    pub reference: Reference,
    /// The list that the message was bound to, or 0. Below 2^21.
    pub list: ListId,
    /// The address's consent generation when the link was made: a later deliberate subscription outdates it. Below 2^21.
    pub epoch: u32,
}

/// What a token names besides an address. Each purpose has one kind of it; signing refuses another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference {
    /// The message that the link stood in: [`Purpose::Unsubscribe`], [`Purpose::Preferences`], [`Purpose::Bounce`],
    /// [`Purpose::ExternalPage`] and [`Purpose::ExternalHeader`].
    Message(Sent),
    /// The ledger entry to take back: [`Purpose::Undo`]. Below 2^42.
    Entry(EntryId),
    /// The opt-in request, by its id or its time: [`Purpose::Confirm`], [`Purpose::Join`], [`Purpose::JoinBounce`].
    /// Below 2^42.
    Request(i64),
    /// The landing page, below 2^18, and the message: [`Purpose::Landing`].
    Page(i64, Sent),
    /// Whatever the test wants to know it again by: [`Purpose::Proof`]. Below 2^42.
    Mark(i64),
}

impl Reference {
    /// A message that isn't known.
    pub const NO_MESSAGE: Self = Self::Message(Sent::Unknown);

    /// The run's message to the token's address.
    pub const fn of_run(run: RunId) -> Self {
        Self::Message(Sent::Run(run))
    }
}

/// Which message a link stood in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sent {
    /// None that is known.
    #[default]
    Unknown,
    /// The run's message to the token's address: links of texts, and of mail before messages had ids. Below 2^41.
    Run(RunId),
    /// This one.
    Message(SendId),
}

impl Sent {
    /// The run that sent it.
    pub fn run(self) -> Option<RunId> {
        match self {
            Self::Unknown => None,
            Self::Run(run) => Some(run),
            Self::Message(send) => send.run(),
        }
    }

    /// The message's id, if the link holds it.
    pub fn message(self) -> Option<SendId> {
        match self {
            Self::Message(send) => Some(send),
            Self::Unknown | Self::Run(_) => None,
        }
    }

    fn of_run(run: i64) -> Self {
        if run == 0 { Self::Unknown } else { Self::Run(RunId(run)) }
    }
}

impl Token {
    /// The message that the link stood in.
    pub fn sent(&self) -> Sent {
        match self.reference {
            Reference::Message(sent) | Reference::Page(_, sent) => sent,
            Reference::Entry(_) | Reference::Request(_) | Reference::Mark(_) => Sent::Unknown,
        }
    }

    /// The same token for another purpose. The message stays named where the purpose names one.
    #[must_use]
    pub fn with_purpose(self, purpose: Purpose) -> Self {
        let reference = match layout::from_number(purpose, 0) {
            Reference::Message(_) => Reference::Message(self.sent()),
            Reference::Page(page, _) => Reference::Page(page, self.sent()),
            other => other,
        };
        Self { purpose, reference, ..self }
    }

    /// The ledger entry that it names.
    pub fn entry(&self) -> Option<EntryId> {
        if let Reference::Entry(entry) = self.reference { Some(entry) } else { None }
    }

    /// The opt-in request that it names.
    pub fn request(&self) -> Option<i64> {
        if let Reference::Request(request) = self.reference { Some(request) } else { None }
    }

    /// The landing page that it names.
    pub fn page(&self) -> Option<i64> {
        if let Reference::Page(page, _) = self.reference { Some(page) } else { None }
    }

    /// The mark of a test.
    pub fn mark(&self) -> Option<i64> {
        if let Reference::Mark(mark) = self.reference { Some(mark) } else { None }
    }
}

/// Why a text is no token of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Cut off, mangled, or of a version that this build doesn't know.
    #[error("the token is incomplete or not one of ours")]
    Malformed,
    /// Signed with a key that isn't in the ring.
    #[error("the token was signed with a key that isn't known here")]
    UnknownKey,
    /// The signature doesn't match.
    #[error("the token's signature doesn't match")]
    Forged,
    /// An id past the limits that [`Token`] names.
    #[error("an id is too large for a token")]
    TooLarge,
    /// There is no key to sign with.
    #[error("the key ring is empty")]
    NoKey,
}

/// Longest token, in bytes: 51 characters in a URL, 61 in a mail local part.
pub const TOKEN_LENGTH_MAX: usize = 38;
/// The first layout: one number for the reference.
const ONE_NUMBER: u8 = 1;
/// The layout of a token that names a message by its id: two numbers for it, and one more for a landing page.
const WITH_MESSAGE: u8 = 2;
const MAC_LENGTH: usize = 12;
const HEADER_LENGTH: usize = 3;
const TEXT_LENGTH_MAX: usize = 64;
/// Keeps these signatures apart from any other use of the same key.
const DOMAIN: &[u8] = b"consentry link 1\0";

mod external;
mod layout;
mod short;

pub use external::External;

/// A signed token, ready to be spelled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedToken(Bytes);

type Bytes = SmallVec<[u8; TOKEN_LENGTH_MAX]>;

impl SignedToken {
    /// For URLs: base64url without padding (RFC 4648 §5).
    pub fn to_url(&self) -> String {
        BASE64URL_NOPAD.encode(&self.0)
    }

    /// For mail local parts, which some software folds to lower case: base32, lower case, without padding.
    pub fn to_local_part(&self) -> String {
        let mut text = BASE32_NOPAD.encode(&self.0);
        text.make_ascii_lowercase();
        text
    }
}

/// The keys that sign and verify, newest last. `Debug` shows key ids only.
#[derive(Clone)]
pub struct KeyRing {
    keys: Keyed,
    short: Keyed,
    person: Keyed,
    pair: Keyed,
}

/// The keys of a ring, each begun for one use.
type Keyed = Vec<(u8, Hmac<Sha256>)>;

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|(id, _)| id)).finish()
    }
}

impl KeyRing {
    /// A ring of keys, oldest first; the last one signs, all verify.
    pub fn new(keys: impl IntoIterator<Item = (u8, [u8; 32])>) -> Self {
        let secrets: SmallVec<[(u8, [u8; 32]); 4]> = keys.into_iter().collect();
        let keyed = |domain: &[u8]| {
            let begun = secrets.iter().map(|(id, secret)| {
                let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of any length");
                mac.update(domain);
                (*id, mac)
            });
            begun.collect()
        };
        let (person, pair) = (keyed(external::PERSON_DOMAIN), keyed(external::PAIR_DOMAIN));
        Self { keys: keyed(DOMAIN), short: keyed(short::DOMAIN), person, pair }
    }

    /// Signs a token with the newest key.
    pub fn sign(&self, token: &Token) -> Result<SignedToken, TokenError> {
        let (key_id, mac) = self.keys.last().ok_or(TokenError::NoKey)?;
        let mut bytes = layout::write(token, *key_id)?;
        let mut mac = mac.clone();
        mac.update(&bytes);
        bytes.extend_from_slice(&mac.finalize().into_bytes()[..MAC_LENGTH]);
        Ok(SignedToken(bytes))
    }

    /// Reads a token from a URL.
    pub fn read_url(&self, text: &str) -> Result<Token, TokenError> {
        if text.len() > TEXT_LENGTH_MAX {
            return Err(TokenError::Malformed);
        }
        self.read(&BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| TokenError::Malformed)?)
    }

    /// Reads a token as it arrives in a link's path, with what mail programs and relays take along or append: a full stop,
    /// a bracket, a quotation mark, a slash, parameters. From the first character on that can't stand in a token nothing
    /// counts. What is left must be a whole token: nothing is made up for one that was cut off or altered.
    pub fn read_link(&self, text: &str) -> Result<Token, TokenError> {
        tolerant(text, |text| self.read_url(text))
    }

    /// Reads a token from a mail local part, in whatever case it arrives.
    pub fn read_local_part(&self, text: &str) -> Result<Token, TokenError> {
        if text.len() > TEXT_LENGTH_MAX {
            return Err(TokenError::Malformed);
        }
        let upper = text.to_ascii_uppercase();
        self.read(&BASE32_NOPAD.decode(upper.as_bytes()).map_err(|_| TokenError::Malformed)?)
    }

    fn read(&self, bytes: &[u8]) -> Result<Token, TokenError> {
        if !(HEADER_LENGTH + MAC_LENGTH..=TOKEN_LENGTH_MAX).contains(&bytes.len())
            || ![ONE_NUMBER, WITH_MESSAGE].contains(&bytes[0])
        {
            return Err(TokenError::Malformed);
        }
        let (signed, signature) = bytes.split_at(bytes.len() - MAC_LENGTH);
        let (_, mac) = self.keys.iter().find(|(id, _)| *id == signed[1]).ok_or(TokenError::UnknownKey)?;
        let mut mac = mac.clone();
        mac.update(signed);
        mac.verify_truncated_left(signature).map_err(|_| TokenError::Forged)?;
        layout::read(signed).ok_or(TokenError::Malformed)
    }
}

/// Reads what a link's path holds, see [`KeyRing::read_link`].
fn tolerant(text: &str, read: impl Fn(&str) -> Result<Token, TokenError>) -> Result<Token, TokenError> {
    let text = whole(text);
    // Emphasis of plain text puts these two behind a link, and they may end a token as well.
    let bare = text.trim_end_matches(['_', '-']);
    match read(text) {
        Err(error) if bare.len() < text.len() => {
            (bare.len()..text.len()).rev().find_map(|end| read(&text[..end]).ok()).ok_or(error)
        }
        read => read,
    }
}

/// The text up to the first character that can't stand in a token.
fn whole(text: &str) -> &str {
    let foreign = |c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_');
    // Longer texts are refused where they are read.
    text.split(foreign).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(super) fn ring() -> KeyRing {
        KeyRing::new([(1, [7; 32]), (2, [9; 32])])
    }

    pub(super) fn any_sent() -> impl Strategy<Value = Sent> {
        let in_run = |(run, place)| Sent::Message(SendId::in_run(RunId(run), place).unwrap());
        prop_oneof![
            Just(Sent::Unknown),
            (1i64..1 << 24).prop_map(|run| Sent::Run(RunId(run))),
            (1i64..1 << 31, 0u64..1 << 31).prop_map(in_run),
            (1i64..300, 0u64..100_000).prop_map(in_run),
            prop_oneof![0i64..1 << 41, 0i64..1 << 62]
                .prop_map(|number| Sent::Message(SendId::single(number))),
        ]
    }

    /// What is read from a token: of a message whose id has no room, the run.
    fn as_read(token: Token) -> Token {
        let whole = layout::write(&token, 1).unwrap()[0] == WITH_MESSAGE || token.sent().message().is_none();
        let short = |sent: Sent| sent.run().filter(|run| run.0 < 1 << 24).map_or(Sent::Unknown, Sent::Run);
        match token.reference {
            _ if whole => token,
            Reference::Message(sent) => {
                let number = sent.message().map(|message| message.parts().1);
                let alone = if number < Some(1 << 41) { sent } else { Sent::Unknown };
                let sent = sent.run().map_or(alone, Sent::Run);
                Token { reference: Reference::Message(sent), ..token }
            }
            Reference::Page(page, sent) => Token { reference: Reference::Page(page, short(sent)), ..token },
            _ => token,
        }
    }

    prop_compose! {
        pub(super) fn any_token()(
            purpose in prop::sample::select(Purpose::ALL.to_vec()), level in prop::sample::select(Level::ALL.to_vec()),
            workspace in 0i64..1 << 21, address in 0i64..1 << 49, number in 0i64..1 << 41, page in 0i64..1 << 18,
            sent in any_sent(), list in 0i64..1 << 21, epoch in 0u32..1 << 21,
        ) -> Token {
            let (workspace, address, list) = (WorkspaceId(workspace), AddressId(address), ListId(list));
            let reference = match layout::from_number(purpose, number) {
                Reference::Message(_) => Reference::Message(sent),
                Reference::Page(..) => Reference::Page(page, sent),
                other => other,
            };
            Token { purpose, level, workspace, address, reference, list, epoch }
        }
    }

    proptest! {
        #[test]
        fn round_trips_within_its_limits(token in any_token()) {
            let signed = ring().sign(&token).unwrap();
            let token = as_read(token);
            prop_assert!(signed.0.len() <= TOKEN_LENGTH_MAX);
            prop_assert_eq!(ring().read_url(&signed.to_url()), Ok(token));
            let local = signed.to_local_part();
            prop_assert!("u.".len() + local.len() <= 64);
            prop_assert_eq!(ring().read_local_part(&local), Ok(token));
            prop_assert_eq!(ring().read_local_part(&local.to_uppercase()), Ok(token));
        }

        #[test]
        fn any_changed_bit_is_refused(token in any_token(), at: prop::sample::Index, bit in 0u8..8) {
            let mut signed = ring().sign(&token).unwrap();
            let at = at.index(signed.0.len());
            signed.0[at] ^= 1 << bit;
            prop_assert!(ring().read_url(&signed.to_url()).is_err());
        }

        #[test]
        fn what_stands_behind_a_token_does_not_count(token in any_token(), tail in "[^A-Za-z0-9_-]\\PC{0,20}|[_-]{0,8}[.)/]?") {
            let text = ring().sign(&token).unwrap().to_url();
            prop_assert_eq!(ring().read_link(&format!("{text}{tail}")), Ok(as_read(token)));
        }

        #[test]
        fn an_altered_token_opens_nothing(token in any_token(), at: prop::sample::Index, put in "[\\PC]{1,3}", cut in 0usize..4) {
            let text = ring().sign(&token).unwrap().to_url();
            let at = at.index(text.len());
            let altered = format!("{}{put}{}", &text[..at], &text[(at + cut).min(text.len())..]);
            let read = ring().read_link(&altered);
            prop_assert!(read.is_err() || altered.starts_with(&text), "{altered}");
        }

        #[test]
        fn garbage_is_refused(text in "\\PC{0,80}") {
            prop_assert!(ring().read_url(&text).is_err());
            prop_assert!(ring().read_local_part(&text).is_err());
        }
    }

    pub(super) const SOME: Token = Token {
        purpose: Purpose::Unsubscribe,
        level: Level::Channel,
        workspace: WorkspaceId(1),
        address: AddressId(42),
        reference: Reference::Message(Sent::Run(RunId(7))),
        list: ListId(0),
        epoch: 0,
    };

    #[test]
    fn a_retired_key_still_verifies_and_a_foreign_one_never() {
        let old = KeyRing::new([(1, [7; 32])]).sign(&SOME).unwrap();
        assert_eq!(ring().read_url(&old.to_url()), Ok(SOME));
        assert_ne!(ring().sign(&SOME).unwrap(), old);
        let foreign = KeyRing::new([(2, [8; 32])]).sign(&SOME).unwrap();
        assert_eq!(ring().read_url(&foreign.to_url()), Err(TokenError::Forged));
        let unknown = KeyRing::new([(3, [8; 32])]).sign(&SOME).unwrap();
        assert_eq!(ring().read_url(&unknown.to_url()), Err(TokenError::UnknownKey));
        assert_eq!(KeyRing::new([]).sign(&SOME), Err(TokenError::NoKey));
    }

    #[test]
    fn ids_past_the_limit_are_refused() {
        let large = Token { workspace: WorkspaceId(1 << 21), ..SOME };
        assert_eq!(ring().sign(&large), Err(TokenError::TooLarge));
        assert_eq!(ring().sign(&Token { address: AddressId(-1), ..SOME }), Err(TokenError::TooLarge));
    }

    #[test]
    fn the_format_stays_as_it_is() {
        // Links in old inboxes must go on working: a change of this text is a new version, not an edit.
        assert_eq!(ring().sign(&SOME).unwrap().to_url(), "AQIRASoHAADEenP6H2MfqjnocBA");
        let landing =
            Token { purpose: Purpose::Landing, reference: Reference::Page(4, Sent::Run(RunId(3))), ..SOME };
        assert_eq!(ring().sign(&landing).unwrap().to_url(), "AQJxASqEgDAAAGZ5l6HilhciGraMXw");
        let message = SendId::in_run(RunId(7), 1_000).unwrap();
        let token = Token { reference: Reference::Message(Sent::Message(message)), ..SOME };
        assert_eq!(ring().sign(&token).unwrap().to_url(), "AgIRASoH6AcAAMBoWaJAxM5KUi__DQ");
        let single = Token { reference: Reference::Message(Sent::Message(SendId::single(9))), ..SOME };
        assert_eq!(ring().sign(&single).unwrap().to_url(), "AgIRASoACQAAji3pyg1kZ0zBns1Z");
    }

    #[test]
    fn a_purpose_has_one_kind_of_reference() {
        let reference = Reference::Entry(EntryId(7));
        assert_eq!(ring().sign(&Token { reference, ..SOME }), Err(TokenError::Malformed));
        assert_eq!(ring().sign(&Token { purpose: Purpose::Undo, ..SOME }), Err(TokenError::Malformed));
    }

    #[test]
    fn a_message_with_large_numbers_still_has_a_link_that_tells_its_run() {
        let run = RunId((1 << 31) - 1);
        let message = SendId::in_run(run, (1 << 31) - 1).unwrap();
        let token = Token {
            workspace: WorkspaceId((1 << 21) - 1),
            address: AddressId((1 << 49) - 1),
            reference: Reference::Message(Sent::Message(message)),
            list: ListId((1 << 21) - 1),
            epoch: (1 << 21) - 1,
            ..SOME
        };
        let read = ring().read_local_part(&ring().sign(&token).unwrap().to_local_part()).unwrap();
        assert_eq!((read.address, read.sent()), (token.address, Sent::Run(run)));
    }
}
