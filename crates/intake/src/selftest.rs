//! The mark that a self-test leaves in what it sends, so that the choices that come of it are told from those of people.
//!
//! It is signed for the one address that is tested: a mark that anybody could write would let anybody hide opt-outs from
//! reports. It says where a choice came from and decides nothing else: marked or not, a no is a no.

use consent::{
    AddressId, Evidence, KeyRing, Level, ListId, Purpose, Reference, Source, Token, TokenError, WorkspaceId,
};

/// What stands before the token, in a user agent or in a mail.
const PREFIX: &str = "consentry-selftest/";
/// What is looked through, in bytes: the most that is kept of an opt-out by mail.
const TEXT_LENGTH_MAX: usize = 4 * 1024;

/// A mark for an address. `number` tells it from other marks; below 2^42.
pub fn mark(
    ring: &KeyRing,
    workspace: WorkspaceId,
    address: AddressId,
    number: i64,
) -> Result<String, TokenError> {
    let token = Token {
        purpose: Purpose::Proof,
        level: Level::Any,
        workspace,
        address,
        reference: Reference::Mark(number),
        list: ListId(0),
        epoch: 0,
    };
    Ok(format!("{PREFIX}{}", ring.sign(&token)?.to_url()))
}

/// The number of the mark that evidence holds, if it is one for this address.
pub fn number_in(ring: &KeyRing, address: AddressId, evidence: &Evidence) -> Option<i64> {
    let texts = [&evidence.user_agent, &evidence.raw];
    texts.into_iter().flatten().find_map(|text| read(ring, address, text))
}

/// The source of a choice: a self-test, if its evidence is marked as one's, else `otherwise`.
pub(crate) fn source(ring: &KeyRing, address: AddressId, evidence: &Evidence, otherwise: Source) -> Source {
    if number_in(ring, address, evidence).is_some() { Source::SELF_TEST } else { otherwise }
}

fn read(ring: &KeyRing, address: AddressId, text: &str) -> Option<i64> {
    let text = text.get(..text.floor_char_boundary(TEXT_LENGTH_MAX))?;
    let (_, rest) = text.split_once(PREFIX)?;
    let in_token = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let length = rest.find(|c| !in_token(c)).unwrap_or(rest.len());
    let token = ring.read_url(&rest[..length]).ok()?;
    token.mark().filter(|_| token.address == address)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKSPACE: WorkspaceId = WorkspaceId::MAIN;

    fn agent(text: String) -> Evidence {
        Evidence { user_agent: Some(text), ..Evidence::default() }
    }

    #[test]
    fn a_mark_is_known_wherever_it_stands_and_for_its_address_alone() {
        let ring = KeyRing::new([(1, [7; 32])]);
        let one = AddressId(5);
        let mark = mark(&ring, WORKSPACE, one, 77).unwrap();
        for evidence in [
            agent(mark.clone()),
            agent(format!("Mozilla/5.0 (compatible; {mark}) Gecko")),
            Evidence {
                raw: Some(format!("Received: x\r\nUser-Agent: {mark}\r\n\r\nä")),
                ..Evidence::default()
            },
        ] {
            assert_eq!(number_in(&ring, one, &evidence), Some(77), "{evidence:?}");
            assert_eq!(source(&ring, one, &evidence, Source::PAGE), Source::SELF_TEST);
            assert_eq!(source(&ring, AddressId(6), &evidence, Source::PAGE), Source::PAGE);
        }
    }

    #[test]
    fn nobody_else_can_write_one() {
        let ring = KeyRing::new([(1, [7; 32])]);
        let one = AddressId(5);
        let foreign = mark(&KeyRing::new([(1, [8; 32])]), WORKSPACE, one, 77).unwrap();
        // A link to the same address that anybody has who got a message.
        let token = Token {
            purpose: Purpose::Unsubscribe,
            level: Level::Any,
            workspace: WORKSPACE,
            address: one,
            reference: consent::Reference::of_run(consent::RunId(77)),
            list: ListId(0),
            epoch: 0,
        };
        let link = format!("{PREFIX}{}", ring.sign(&token).unwrap().to_url());
        for text in [foreign, link, PREFIX.to_owned(), String::new(), "Mozilla/5.0".to_owned()] {
            assert_eq!(number_in(&ring, one, &agent(text.clone())), None, "{text}");
        }
    }
}
