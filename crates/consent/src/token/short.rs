//! Short tokens, for text messages: `/s/CODE` has 19 characters or so where a whole token has 27.
//!
//! `head | key id | [workspace] | address | reference | [list] | [epoch] | HMAC-SHA256 cut to 8 bytes`. The reference names
//! a run or a single message; of a run's messages the address says which. The head says the
//! version in two bits, what is there, and purpose and level. The signature is shorter than a whole token's, which only
//! pages take that change nothing by being opened; 2^64 tries over the network are out of reach all the same.

use data_encoding::BASE64URL_NOPAD;
use hmac::Mac;

use super::layout::{from_number, one_number, put, take};
use super::{Bytes, KeyRing, Purpose, Token, TokenError};
use crate::{Level, ListId, WorkspaceId};

/// Keeps these signatures apart from those of whole tokens.
pub(super) const DOMAIN: &[u8] = b"consentry short link 1\0";
const MAC_LENGTH: usize = 8;
const TEXT_LENGTH_MAX: usize = 48;
const VERSION: u8 = 1 << 6;
const WITH_WORKSPACE: u8 = 1 << 5;
const WITH_LIST: u8 = 1 << 4;
const WITH_EPOCH: u8 = 1 << 3;
const PREFERENCES: u8 = 1 << 2;
const LEVEL: u8 = 0b11;
/// The workspace that isn't named.
const MAIN: WorkspaceId = WorkspaceId(1);

impl KeyRing {
    /// Signs a token for a page in its short form; [`TokenError::Malformed`] for other purposes than
    /// [`Purpose::Unsubscribe`] and [`Purpose::Preferences`].
    pub fn sign_short(&self, token: &Token) -> Result<String, TokenError> {
        let (key_id, mac) = self.short.last().ok_or(TokenError::NoKey)?;
        let purpose = match token.purpose {
            Purpose::Unsubscribe => 0,
            Purpose::Preferences => PREFERENCES,
            _ => return Err(TokenError::Malformed),
        };
        let flag = |set: bool, bit: u8| if set { bit } else { 0 };
        let (workspace, list, epoch) = (token.workspace != MAIN, token.list != ListId(0), token.epoch != 0);
        let there = flag(workspace, WITH_WORKSPACE) | flag(list, WITH_LIST) | flag(epoch, WITH_EPOCH);
        let mut bytes = Bytes::new();
        bytes.extend_from_slice(&[VERSION | there | purpose | token.level as u8, *key_id]);
        if workspace {
            put(&mut bytes, token.workspace.0, 21)?;
        }
        put(&mut bytes, token.address.0, 49)?;
        put(&mut bytes, one_number(token)?, 42)?;
        if list {
            put(&mut bytes, token.list.0, 21)?;
        }
        if epoch {
            put(&mut bytes, i64::from(token.epoch), 21)?;
        }
        let mut mac = mac.clone();
        mac.update(&bytes);
        bytes.extend_from_slice(&mac.finalize().into_bytes()[..MAC_LENGTH]);
        Ok(BASE64URL_NOPAD.encode(&bytes))
    }

    /// Reads a token in its short form, with whatever stands behind it in a text, as [`KeyRing::read_link`] does.
    pub fn read_short(&self, text: &str) -> Result<Token, TokenError> {
        super::tolerant(text, |text| self.read_short_code(text))
    }

    fn read_short_code(&self, text: &str) -> Result<Token, TokenError> {
        if text.len() > TEXT_LENGTH_MAX {
            return Err(TokenError::Malformed);
        }
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| TokenError::Malformed)?;
        let Some((signed, signature)) = bytes.split_last_chunk::<MAC_LENGTH>() else {
            return Err(TokenError::Malformed);
        };
        let [head, key_id, ..] = signed else { return Err(TokenError::Malformed) };
        if head >> 6 != VERSION >> 6 {
            return Err(TokenError::Malformed);
        }
        let (_, mac) = self.short.iter().find(|(id, _)| id == key_id).ok_or(TokenError::UnknownKey)?;
        let mut mac = mac.clone();
        mac.update(signed);
        mac.verify_truncated_left(signature).map_err(|_| TokenError::Forged)?;
        decode(signed).ok_or(TokenError::Malformed)
    }
}

fn decode(signed: &[u8]) -> Option<Token> {
    let head = signed[0];
    let mut rest = &signed[2..];
    let optional = |bit: u8, rest: &mut &[u8]| if head & bit == 0 { Some(0) } else { take(rest) };
    let workspace = optional(WITH_WORKSPACE, &mut rest)?;
    let address = crate::AddressId(take(&mut rest)?);
    let number = take(&mut rest)?;
    let list = ListId(optional(WITH_LIST, &mut rest)?);
    let epoch = u32::try_from(optional(WITH_EPOCH, &mut rest)?).ok()?;
    let workspace = if head & WITH_WORKSPACE == 0 { MAIN } else { WorkspaceId(workspace) };
    let purpose = if head & PREFERENCES == 0 { Purpose::Unsubscribe } else { Purpose::Preferences };
    let level = Level::ALL.into_iter().find(|level| *level as u8 == head & LEVEL)?;
    let reference = from_number(purpose, number);
    rest.is_empty().then_some(Token { purpose, level, workspace, address, reference, list, epoch })
}

#[cfg(test)]
mod tests {
    use super::super::{Reference, Sent};
    use super::*;
    use crate::{AddressId, RunId};
    use proptest::prelude::*;

    fn ring() -> KeyRing {
        KeyRing::new([(1, [7; 32]), (2, [9; 32])])
    }

    prop_compose! {
        fn any_token()(
            purpose in prop::sample::select(vec![Purpose::Unsubscribe, Purpose::Preferences]),
            level in prop::sample::select(Level::ALL.to_vec()),
            workspace in 1i64..1 << 21, address in 0i64..1 << 49, number in 0i64..1 << 42,
            list in prop_oneof![Just(0), 0i64..1 << 21], epoch in prop_oneof![Just(0), 0u32..1 << 21],
        ) -> Token {
            let (workspace, address, list) = (WorkspaceId(workspace), AddressId(address), ListId(list));
            let reference = from_number(purpose, number);
            Token { purpose, level, workspace, address, reference, list, epoch }
        }
    }

    proptest! {
        #[test]
        fn round_trips(token in any_token()) {
            let code = ring().sign_short(&token).unwrap();
            prop_assert!(code.len() <= TEXT_LENGTH_MAX);
            prop_assert_eq!(ring().read_short(&code), Ok(token));
            // Neither form passes for the other.
            prop_assert!(ring().read_url(&code).is_err());
            let whole = ring().sign(&token).unwrap().to_url();
            prop_assert!(ring().read_short(&whole).is_err());
        }

        #[test]
        fn what_stands_behind_a_code_does_not_count(token in any_token(), tail in "[^A-Za-z0-9_-]\\PC{0,20}|[_-]{0,8}[.)/]?") {
            let code = ring().sign_short(&token).unwrap();
            prop_assert_eq!(ring().read_short(&format!("{code}{tail}")), Ok(token));
        }

        #[test]
        fn any_changed_bit_is_refused(token in any_token(), at: prop::sample::Index, bit in 0u8..8) {
            let mut bytes = BASE64URL_NOPAD.decode(ring().sign_short(&token).unwrap().as_bytes()).unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            prop_assert!(ring().read_short(&BASE64URL_NOPAD.encode(&bytes)).is_err());
        }

        #[test]
        fn garbage_is_refused(text in "\\PC{0,80}") {
            prop_assert!(ring().read_short(&text).is_err());
        }
    }

    #[test]
    fn it_is_short_and_stays_as_it_is() {
        let token = Token {
            purpose: Purpose::Unsubscribe,
            level: Level::Channel,
            workspace: MAIN,
            address: AddressId(1_000_000),
            reference: Reference::Message(Sent::Run(RunId(7))),
            list: ListId(0),
            epoch: 0,
        };
        let code = ring().sign_short(&token).unwrap();
        assert_eq!(code.len(), 19);
        // Links in old messages must go on working: a change of this text is a new version, not an edit.
        assert_eq!(code, "QQLAhD0HQHUnG3t8pbY");
        let single = Reference::Message(Sent::Message(crate::SendId::single(7)));
        let single = Token { reference: single, ..token };
        assert_eq!(ring().read_short(&ring().sign_short(&single).unwrap()), Ok(single));
        let message = crate::SendId::in_run(RunId(7), 12).unwrap();
        let in_run = Token { reference: Reference::Message(Sent::Message(message)), ..token };
        assert_eq!(ring().sign_short(&in_run).unwrap(), code, "a text's code stays short");
        let other = Token { purpose: Purpose::Bounce, ..token };
        assert_eq!(ring().sign_short(&other), Err(TokenError::Malformed));
    }
}
