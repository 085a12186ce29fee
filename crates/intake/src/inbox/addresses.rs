//! Which addresses are ours.

use consent::{Address, KeyRing, Purpose, Token};
use store::StoreError;

use super::Inbox;

/// Longest address that is looked at, in bytes.
const ADDRESS_LENGTH_MAX: usize = 320;
/// RFC 5321 section 4.5.1: every domain that takes mail has one.
const POSTMASTER: &str = "postmaster";

/// Why mail for an address isn't taken.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It isn't one of ours, or its token is none of ours.
    #[error("no such address here")]
    Unknown,
    /// The store couldn't answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub(super) async fn accepts(inbox: &Inbox, to: &str) -> Result<(), Refusal> {
    // RFC 5321 section 4.5.1: without a domain too.
    if to.eq_ignore_ascii_case(POSTMASTER) {
        return Ok(());
    }
    if is_extra(inbox, to) {
        return Ok(());
    }
    let (local, domain) = split(to).ok_or(Refusal::Unknown)?;
    let token = token_of(&inbox.store.key_ring(), local);
    if token.is_none() && !local.eq_ignore_ascii_case(POSTMASTER) {
        return Err(Refusal::Unknown);
    }
    // Asked each time: mail for a domain that was just added mustn't be refused.
    let settings = inbox.store.settings(inbox.workspace).await?;
    if settings.mail_domains.contains(&domain) { Ok(()) } else { Err(Refusal::Unknown) }
}

/// Whether it is one of the further addresses.
pub(super) fn is_extra(inbox: &Inbox, to: &str) -> bool {
    !inbox.extra.is_empty()
        && to.len() <= ADDRESS_LENGTH_MAX
        && Address::email(to).is_ok_and(|address| inbox.extra.iter().any(|extra| extra == address.key()))
}

/// Local part and domain, the latter as a lower-case A-label.
fn split(to: &str) -> Option<(&str, String)> {
    if to.len() > ADDRESS_LENGTH_MAX {
        return None;
    }
    let (local, domain) = to.rsplit_once('@')?;
    let domain = Address::email(&format!("a@{}", domain.trim_end_matches('.'))).ok()?.domain().to_owned();
    Some((local, domain))
}

/// The token of an address of ours, whatever a mail program made of its local part: capitals, `u%2ETOKEN`, quotes, a dot
/// at the end, another character in the place of the dot.
pub(super) fn token_of(ring: &KeyRing, local: &str) -> Option<Token> {
    let local = local.trim_matches('"').to_ascii_lowercase();
    let local = local.replace("%2e", ".").replace("=2e", ".").replace("%2b", "+");
    let (kind, rest) = local.trim_matches('.').split_at_checked(1)?;
    let purposes: &[Purpose] = match kind {
        "u" => &[Purpose::Unsubscribe],
        "b" => &[Purpose::Bounce, Purpose::JoinBounce],
        _ => return None,
    };
    let text = rest.trim_start_matches(['.', '+', '-', '_', '=']);
    // What a test message was sent with opens too, and is noted only.
    ring.read_local_part(text)
        .ok()
        .filter(|token| purposes.contains(&token.purpose) || token.purpose == Purpose::Proof)
}

/// An address with its token spelled as we spell it; any other address as it is.
pub(super) fn canonical(ring: &KeyRing, to: &str) -> String {
    let spelled = to.rsplit_once('@').and_then(|(local, domain)| {
        let token = token_of(ring, local)?;
        let bounce = [Purpose::Bounce, Purpose::JoinBounce].contains(&token.purpose);
        let kind = if bounce { 'b' } else { 'u' };
        Some(format!("{kind}.{}@{domain}", ring.sign(&token).ok()?.to_local_part()))
    });
    spelled.unwrap_or_else(|| to.to_owned())
}

#[cfg(test)]
mod tests {
    use consent::{AddressId, Level, ListId, WorkspaceId};

    use super::*;

    fn token(purpose: Purpose) -> Token {
        Token {
            purpose,
            level: Level::Channel,
            workspace: WorkspaceId(1),
            address: AddressId(42),
            reference: consent::Reference::of_run(consent::RunId(7)),
            list: ListId(0),
            epoch: 0,
        }
    }

    #[test]
    fn mangled_local_parts_keep_their_token() {
        let ring = KeyRing::new([(1, [7; 32])]);
        let wanted = token(Purpose::Unsubscribe);
        let text = ring.sign(&wanted).unwrap().to_local_part();
        for local in [
            format!("u.{text}"),
            format!("U.{}", text.to_uppercase()),
            format!("u.{text}."),
            format!("u%2E{text}"),
            format!("u=2e{text}"),
            format!("\"u.{text}\""),
            format!("u{text}"),
            format!("u+{text}"),
        ] {
            assert_eq!(token_of(&ring, &local), Some(wanted), "{local}");
        }
    }

    #[test]
    fn a_token_serves_its_own_address_only() {
        let ring = KeyRing::new([(1, [7; 32])]);
        let bounce = ring.sign(&token(Purpose::Bounce)).unwrap().to_local_part();
        let forged = KeyRing::new([(1, [8; 32])]).sign(&token(Purpose::Unsubscribe)).unwrap().to_local_part();
        for local in [
            format!("u.{bounce}"),
            format!("u.{forged}"),
            format!("x.{bounce}"),
            bounce.clone(),
            "u.".to_owned(),
            "u".to_owned(),
            String::new(),
            "\u{fc}.x".to_owned(),
        ] {
            assert_eq!(token_of(&ring, &local), None, "{local}");
        }
        assert!(token_of(&ring, &format!("b.{bounce}")).is_some());
    }

    #[test]
    fn domains_are_compared_as_a_labels() {
        assert_eq!(split("x@B\u{fc}cher.EXAMPLE."), Some(("x", "xn--bcher-kva.example".to_owned())));
        assert_eq!(split("x"), None);
        assert_eq!(split("x@"), None);
    }
}
