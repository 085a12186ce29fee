//! How a token's bytes are laid out.
//!
//! `version | key id | purpose and level | workspace | address | reference | list | epoch`, the numbers as LEB128. The
//! reference is one number in version 1. In version 2 it names a message by its id: the run, or 0, and the place in its
//! audience, or the single message's number; the page stands in front where there is one.

use super::{
    Bytes, HEADER_LENGTH, MAC_LENGTH, ONE_NUMBER, Purpose, Reference, Sent, TOKEN_LENGTH_MAX, Token,
    TokenError, WITH_MESSAGE,
};
use crate::{AddressId, EntryId, Level, ListId, RunId, SendId, WorkspaceId};

/// Bits of a reference that is one number.
const NUMBER_BITS: u32 = 42;
/// Bits of such a number that a landing page takes; the run has the rest.
const PAGE_BITS: u32 = 18;
/// Tells a single message from a run, where one number stands for either.
const SINGLE: i64 = 1 << (NUMBER_BITS - 1);

/// Writes everything but the signature.
pub(super) fn write(token: &Token, key_id: u8) -> Result<Bytes, TokenError> {
    if let Some(message) = token.sent().message() {
        let bytes = with_message(token, key_id, message)?;
        if bytes.len() + MAC_LENGTH <= TOKEN_LENGTH_MAX {
            return Ok(bytes);
        }
    }
    // A mail's local part has no room for the id of a message with very large numbers: its run and its address tell, too.
    let mut bytes = head(ONE_NUMBER, token, key_id)?;
    put(&mut bytes, one_number(token)?, NUMBER_BITS)?;
    tail(bytes, token)
}

fn with_message(token: &Token, key_id: u8, message: SendId) -> Result<Bytes, TokenError> {
    let mut bytes = head(WITH_MESSAGE, token, key_id)?;
    if let Reference::Page(page, _) = fitting(token)? {
        put(&mut bytes, page, PAGE_BITS)?;
    }
    let (run, place) = message.parts();
    put(&mut bytes, run.map_or(0, |run| run.0), NUMBER_BITS)?;
    put(&mut bytes, place, crate::send::NUMBER_BITS)?;
    tail(bytes, token)
}

fn head(version: u8, token: &Token, key_id: u8) -> Result<Bytes, TokenError> {
    let mut bytes = Bytes::new();
    bytes.extend_from_slice(&[version, key_id, (token.purpose as u8) << 4 | token.level as u8]);
    put(&mut bytes, token.workspace.0, 21)?;
    put(&mut bytes, token.address.0, 49)?;
    Ok(bytes)
}

fn tail(mut bytes: Bytes, token: &Token) -> Result<Bytes, TokenError> {
    put(&mut bytes, token.list.0, 21)?;
    put(&mut bytes, i64::from(token.epoch), 21)?;
    Ok(bytes)
}

/// The reference, if it is of the kind that the purpose has.
fn fitting(token: &Token) -> Result<Reference, TokenError> {
    let fits = match token.reference {
        Reference::Message(_) => matches!(
            token.purpose,
            Purpose::Unsubscribe
                | Purpose::Preferences
                | Purpose::Bounce
                | Purpose::ExternalPage
                | Purpose::ExternalHeader
        ),
        Reference::Entry(_) => token.purpose == Purpose::Undo,
        Reference::Request(_) => {
            matches!(token.purpose, Purpose::Confirm | Purpose::Join | Purpose::JoinBounce)
        }
        Reference::Page(..) => token.purpose == Purpose::Landing,
        Reference::Mark(_) => token.purpose == Purpose::Proof,
    };
    if fits { Ok(token.reference) } else { Err(TokenError::Malformed) }
}

/// The reference as one number.
pub(super) fn one_number(token: &Token) -> Result<i64, TokenError> {
    match fitting(token)? {
        Reference::Message(sent) => Ok(match sent {
            Sent::Message(message) => match message.parts() {
                (Some(run), _) => run.0,
                (None, number) if number < SINGLE => SINGLE | number,
                // Better a link that doesn't tell its message than none (I3).
                (None, _) => 0,
            },
            Sent::Run(run) if run.0 >= SINGLE => return Err(TokenError::TooLarge),
            Sent::Run(run) => run.0,
            Sent::Unknown => 0,
        }),
        Reference::Entry(entry) => Ok(entry.0),
        Reference::Request(number) | Reference::Mark(number) => Ok(number),
        Reference::Page(page, sent) => {
            if !(0..1 << PAGE_BITS).contains(&page) {
                return Err(TokenError::TooLarge);
            }
            // A run past what there is room for isn't told: better that than no link.
            let run = sent.run().map_or(0, |run| run.0);
            let run = if (0..1 << (NUMBER_BITS - PAGE_BITS)).contains(&run) { run } else { 0 };
            Ok(run << PAGE_BITS | page)
        }
    }
}

/// What one number stands for.
pub(super) fn from_number(purpose: Purpose, number: i64) -> Reference {
    match purpose {
        Purpose::Unsubscribe
        | Purpose::Preferences
        | Purpose::Bounce
        | Purpose::ExternalPage
        | Purpose::ExternalHeader => Reference::Message(if number & SINGLE == 0 {
            Sent::of_run(number)
        } else {
            Sent::Message(SendId::single(number & !SINGLE))
        }),
        Purpose::Undo => Reference::Entry(EntryId(number)),
        Purpose::Confirm | Purpose::Join | Purpose::JoinBounce => Reference::Request(number),
        Purpose::Landing => {
            Reference::Page(number & ((1 << PAGE_BITS) - 1), Sent::of_run(number >> PAGE_BITS))
        }
        Purpose::Proof => Reference::Mark(number),
    }
}

/// Reads everything but the signature.
pub(super) fn read(signed: &[u8]) -> Option<Token> {
    let head = signed[2];
    let purpose = Purpose::ALL.into_iter().find(|purpose| *purpose as u8 == head >> 4)?;
    let level = Level::ALL.into_iter().find(|level| *level as u8 == head & 0xf)?;
    let mut rest = &signed[HEADER_LENGTH..];
    let workspace = WorkspaceId(take(&mut rest)?);
    let address = AddressId(take(&mut rest)?);
    let reference = if signed[0] == ONE_NUMBER {
        from_number(purpose, take(&mut rest)?)
    } else {
        message(purpose, &mut rest)?
    };
    let list = ListId(take(&mut rest)?);
    let epoch = u32::try_from(take(&mut rest)?).ok()?;
    rest.is_empty().then_some(Token { purpose, level, workspace, address, reference, list, epoch })
}

fn message(purpose: Purpose, rest: &mut &[u8]) -> Option<Reference> {
    let page = if purpose == Purpose::Landing { Some(take(rest)?) } else { None };
    let (run, place) = (take(rest)?, take(rest)?);
    let message =
        if run == 0 { SendId::single(place) } else { SendId::in_run(RunId(run), place.cast_unsigned())? };
    let sent = Sent::Message(message);
    match (page, from_number(purpose, 0)) {
        (Some(page), Reference::Page(..)) => Some(Reference::Page(page, sent)),
        (None, Reference::Message(_)) => Some(Reference::Message(sent)),
        _ => None,
    }
}

/// Appends a number below 2^`bits` as LEB128.
pub(super) fn put(bytes: &mut Bytes, value: i64, bits: u32) -> Result<(), TokenError> {
    let mut rest = u64::try_from(value).map_err(|_| TokenError::TooLarge)?;
    if rest >> bits != 0 {
        return Err(TokenError::TooLarge);
    }
    while rest >= 0x80 {
        bytes.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
    Ok(())
}

pub(super) fn take(rest: &mut &[u8]) -> Option<i64> {
    let mut value = 0u64;
    for shift in (0..63).step_by(7) {
        let (byte, tail) = rest.split_first()?;
        *rest = tail;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return i64::try_from(value).ok();
        }
    }
    None
}
