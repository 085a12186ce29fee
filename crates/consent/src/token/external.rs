//! What a link to something of the brand's own carries: `params`, `pid` and `sig`, as Adobe Journey Optimizer names them.
//!
//! `params` is a [`Token`] in its spelling for URLs. `pid` is a keyed pseudonym of the address that the message went to,
//! and not of its owner: people get merged, and a link may not stop working over that (I3). `sig` signs both. Each of
//! `pid` and `sig` is `version | key id | HMAC-SHA256`, cut to 12 and 16 bytes.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use hmac::Mac as _;

use super::{KeyRing, Keyed, Token, TokenError, whole};
use crate::{AddressId, WorkspaceId};

/// Keep these signatures apart from those of tokens and from each other.
pub(super) const PERSON_DOMAIN: &[u8] = b"consentry external person 1\0";
pub(super) const PAIR_DOMAIN: &[u8] = b"consentry external pair 1\0";
const VERSION: u8 = 1;
const PERSON_MAC_LENGTH: usize = 12;
const PAIR_MAC_LENGTH: usize = 16;
/// Longest `pid` or `sig` that is looked at, in characters.
const SEAL_LENGTH_MAX: usize = 64;
/// What the parameters of a mail begin with; Journey Optimizer's begin like that too.
const MAIL_VERSION: &str = "v1";

/// The signed parameters of one link. `Debug` shows none of them: who has them can act for the person.
#[derive(Clone, PartialEq, Eq)]
pub struct External {
    /// The token.
    pub params: String,
    /// The keyed pseudonym of the address.
    pub pid: String,
    /// The signature over both.
    pub sig: String,
}

impl External {
    /// `params=..&pid=..&sig=..`: nothing in it needs an escape in a URL.
    pub fn to_query(&self) -> String {
        format!("params={}&pid={}&sig={}", self.params, self.pid, self.sig)
    }

    /// For a mail: `v1.PARAMS.PID`.
    pub fn to_mail(&self) -> String {
        format!("{MAIL_VERSION}.{}.{}", self.params, self.pid)
    }
}

impl fmt::Debug for External {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("External")
    }
}

impl KeyRing {
    /// Signs the parameters of a link; [`TokenError::Malformed`] for a purpose that is ours alone.
    pub fn sign_external(&self, token: &Token) -> Result<External, TokenError> {
        if !token.purpose.is_external() {
            return Err(TokenError::Malformed);
        }
        let params = self.sign(token)?.to_url();
        let person = person(token.workspace, token.address);
        let pid = seal(&self.person, &[&person], PERSON_MAC_LENGTH)?;
        let sig = seal(&self.pair, &pair(&params, &pid), PAIR_MAC_LENGTH)?;
        Ok(External { params, pid, sig })
    }

    /// Reads the parameters of a link. `sig` may be absent: each of the other two is signed by itself, and they must be
    /// about the same address. [`TokenError::Malformed`] is about `params` or `pid`; a `sig` that can't be read is forged.
    pub fn read_external(&self, params: &str, pid: &str, sig: Option<&str>) -> Result<Token, TokenError> {
        // As in our own links: what a mail program takes along behind one of them doesn't count.
        let (params, pid, sig) = (whole(params), whole(pid), sig.map(whole));
        let token = self.read_url(params)?;
        if !token.purpose.is_external() {
            return Err(TokenError::Forged);
        }
        let person = person(token.workspace, token.address);
        verify::<PERSON_MAC_LENGTH>(&self.person, &[&person], pid)?;
        if let Some(sig) = sig {
            let signed = verify::<PAIR_MAC_LENGTH>(&self.pair, &pair(params, pid), sig);
            signed
                .map_err(|error| if error == TokenError::Malformed { TokenError::Forged } else { error })?;
        }
        Ok(token)
    }

    /// Reads the parameters of a mail, `v1.PARAMS.PID`.
    pub fn read_mail(&self, text: &str) -> Result<Token, TokenError> {
        let mut parts = text.trim().splitn(3, '.');
        let version = parts.next().is_some_and(|version| version.eq_ignore_ascii_case(MAIL_VERSION));
        match (version, parts.next(), parts.next()) {
            (true, Some(params), Some(pid)) => self.read_external(params, pid, None),
            _ => Err(TokenError::Malformed),
        }
    }
}

/// Whose address: ids alone, of a fixed length.
fn person(workspace: WorkspaceId, address: AddressId) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&workspace.0.to_be_bytes());
    bytes[8..].copy_from_slice(&address.0.to_be_bytes());
    bytes
}

/// The texts as they stand in the link; a dot can't stand in either.
fn pair<'t>(params: &'t str, pid: &'t str) -> [&'t [u8]; 3] {
    [params.as_bytes(), b".", pid.as_bytes()]
}

fn seal(keys: &Keyed, parts: &[&[u8]], length: usize) -> Result<String, TokenError> {
    let (key_id, mac) = keys.last().ok_or(TokenError::NoKey)?;
    let mut mac = mac.clone();
    for part in parts {
        mac.update(part);
    }
    let mut bytes = vec![VERSION, *key_id];
    bytes.extend_from_slice(&mac.finalize().into_bytes()[..length]);
    Ok(BASE64URL_NOPAD.encode(&bytes))
}

/// Compares in constant time.
fn verify<const LENGTH: usize>(keys: &Keyed, parts: &[&[u8]], text: &str) -> Result<(), TokenError> {
    if text.len() > SEAL_LENGTH_MAX {
        return Err(TokenError::Malformed);
    }
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| TokenError::Malformed)?;
    let Some(([VERSION, key_id], seal)) = bytes.split_last_chunk::<LENGTH>() else {
        return Err(TokenError::Malformed);
    };
    let (_, mac) = keys.iter().find(|(id, _)| id == key_id).ok_or(TokenError::UnknownKey)?;
    let mut mac = mac.clone();
    for part in parts {
        mac.update(part);
    }
    mac.verify_truncated_left(seal).map_err(|_| TokenError::Forged)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{SOME, any_token, ring};
    use super::super::{Reference, Sent};
    use super::*;
    use crate::Purpose;
    use proptest::prelude::*;

    prop_compose! {
        fn any_external()(
            token in any_token(), purpose in prop::sample::select(vec![Purpose::ExternalPage, Purpose::ExternalHeader]),
        ) -> Token {
            let sent = match token.reference {
                Reference::Message(sent) => sent,
                _ => Sent::Unknown,
            };
            // Whole ids of messages have no room beside the largest numbers.
            let sent = sent.run().map_or(Sent::Unknown, Sent::Run);
            Token { purpose, reference: Reference::Message(sent), ..token }
        }
    }

    fn read(external: &External) -> Result<Token, TokenError> {
        ring().read_external(&external.params, &external.pid, Some(&external.sig))
    }

    proptest! {
        #[test]
        fn round_trips_by_link_and_by_mail(token in any_external()) {
            let external = ring().sign_external(&token).unwrap();
            prop_assert_eq!(read(&external), Ok(token));
            prop_assert_eq!(ring().read_external(&external.params, &external.pid, None), Ok(token));
            prop_assert_eq!(ring().read_mail(&external.to_mail()), Ok(token));
            let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_=&".contains(&b);
            prop_assert!(external.to_query().bytes().all(plain), "{}", external.to_query());
        }

        #[test]
        fn nothing_is_taken_from_another_link(one in any_external(), other in any_external()) {
            prop_assume!((one.workspace, one.address) != (other.workspace, other.address));
            let (a, b) = (ring().sign_external(&one).unwrap(), ring().sign_external(&other).unwrap());
            for mixed in [
                External { params: b.params.clone(), ..a.clone() },
                External { pid: b.pid.clone(), ..a.clone() },
                External { sig: b.sig.clone(), ..a.clone() },
                External { sig: a.sig.clone(), ..b.clone() },
            ] {
                prop_assert_eq!(read(&mixed), Err(TokenError::Forged));
            }
            prop_assert_eq!(ring().read_external(&a.params, &b.pid, None), Err(TokenError::Forged));
            prop_assert_eq!(ring().read_mail(&format!("v1.{}.{}", a.params, b.pid)), Err(TokenError::Forged));
        }

        #[test]
        fn any_changed_bit_is_refused(token in any_external(), which in 0usize..3, at: prop::sample::Index, bit in 0u8..8) {
            let mut external = ring().sign_external(&token).unwrap();
            let part = [&mut external.params, &mut external.pid, &mut external.sig].into_iter().nth(which).unwrap();
            let mut bytes = BASE64URL_NOPAD.decode(part.as_bytes()).unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            *part = BASE64URL_NOPAD.encode(&bytes);
            prop_assert!(read(&external).is_err());
        }

        #[test]
        fn what_is_cut_off_is_refused(token in any_external(), which in 0usize..3, keep: prop::sample::Index) {
            let mut external = ring().sign_external(&token).unwrap();
            let part = [&mut external.params, &mut external.pid, &mut external.sig].into_iter().nth(which).unwrap();
            part.truncate(keep.index(part.len()));
            prop_assert!(read(&external).is_err());
        }

        #[test]
        fn garbage_is_refused(params in "\\PC{0,80}", pid in "\\PC{0,40}", sig in "\\PC{0,40}") {
            prop_assert!(ring().read_external(&params, &pid, Some(&sig)).is_err());
            prop_assert!(ring().read_mail(&params).is_err());
            let mail = format!("v1.{params}.{pid}");
            prop_assert!(ring().read_mail(&mail).is_err());
        }
    }

    const PAGE: Token = Token { purpose: Purpose::ExternalPage, ..SOME };

    #[test]
    fn the_format_stays_as_it_is() {
        // Links in old messages must go on working: a change of these texts is a new version, not an edit.
        let external = ring().sign_external(&PAGE).unwrap();
        assert_eq!(external.params, "AQKBASoHAABSdGc4MChuNLP1UMc");
        assert_eq!(external.pid, "AQJbSB0lDtvKwKEZbtI");
        assert_eq!(external.sig, "AQLAt2DPqIpeBwoQ_8BUC2du");
        assert_eq!(
            external.to_query(),
            format!("params={}&pid={}&sig={}", external.params, external.pid, external.sig)
        );
        assert_eq!(external.to_mail(), format!("v1.{}.{}", external.params, external.pid));
        assert_eq!(format!("{external:?}"), "External");
    }

    #[test]
    fn a_retired_key_still_verifies_and_a_foreign_one_never() {
        let old = KeyRing::new([(1, [7; 32])]).sign_external(&PAGE).unwrap();
        assert_eq!(read(&old), Ok(PAGE));
        let new = ring().sign_external(&PAGE).unwrap();
        assert!(old.params != new.params && old.pid != new.pid && old.sig != new.sig);
        let foreign = KeyRing::new([(2, [8; 32])]).sign_external(&PAGE).unwrap();
        for mixed in [
            foreign.clone(),
            External { pid: foreign.pid.clone(), ..new.clone() },
            External { sig: foreign.sig.clone(), ..new.clone() },
        ] {
            assert_eq!(read(&mixed), Err(TokenError::Forged));
        }
        let unknown = KeyRing::new([(3, [8; 32])]).sign_external(&PAGE).unwrap();
        assert_eq!(read(&External { pid: unknown.pid, ..new }), Err(TokenError::UnknownKey));
        assert_eq!(KeyRing::new([]).sign_external(&PAGE), Err(TokenError::NoKey));
    }

    #[test]
    fn our_own_links_do_not_serve_as_the_brands_and_the_other_way_round() {
        assert_eq!(ring().sign_external(&SOME), Err(TokenError::Malformed));
        let ours = ring().sign(&SOME).unwrap();
        let external = ring().sign_external(&PAGE).unwrap();
        assert_eq!(ring().read_external(&ours.to_url(), &external.pid, None), Err(TokenError::Forged));
        assert_eq!(ring().read_mail(&ours.to_local_part()), Err(TokenError::Malformed));
        assert_eq!(ring().read_url(&external.params).map(|token| token.purpose), Ok(Purpose::ExternalPage));
    }

    #[test]
    fn what_stands_behind_them_does_not_count() {
        let External { params, pid, sig } = ring().sign_external(&PAGE).unwrap();
        for tail in [".", ")", "\"", "&gt;", "=3D", "%20", " x", "/", ";a=b"] {
            let with = |text: &str| format!("{text}{tail}");
            let read = ring().read_external(&with(&params), &with(&pid), Some(&with(&sig)));
            assert_eq!(read, Ok(PAGE), "{tail}");
            assert_eq!(ring().read_mail(&format!("v1.{params}.{pid}{tail}")), Ok(PAGE), "{tail}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_from_what_is_forged() {
        let External { params, pid, sig } = ring().sign_external(&PAGE).unwrap();
        let read = |params: &str, pid: &str, sig| ring().read_external(params, pid, sig);
        assert_eq!(read("%", &pid, Some(&sig)), Err(TokenError::Malformed));
        assert_eq!(read(&params, "", Some(&sig)), Err(TokenError::Malformed));
        assert_eq!(read(&params, &pid[1..], Some(&sig)), Err(TokenError::Malformed));
        assert_eq!(read(&params, &pid, Some("")), Err(TokenError::Forged));
        assert_eq!(read(&params, &pid, Some(&sig[4..])), Err(TokenError::Forged));
        assert_eq!(ring().read_mail(&format!("v2.{params}.{pid}")), Err(TokenError::Malformed));
        assert_eq!(ring().read_mail(&format!("v1.{params}")), Err(TokenError::Malformed));
    }
}
