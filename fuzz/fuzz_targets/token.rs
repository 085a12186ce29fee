//! Tokens as they arrive in links: a whole one opens with whatever stands behind it, and no other text opens anything else.
#![no_main]

use consent::{AddressId, KeyRing, Level, ListId, Purpose, Reference, RunId, Token, WorkspaceId};
use libfuzzer_sys::fuzz_target;

const TOKEN: Token = Token {
    purpose: Purpose::Unsubscribe,
    level: Level::Channel,
    workspace: WorkspaceId(1),
    address: AddressId(42),
    reference: Reference::of_run(RunId(7)),
    list: ListId(0),
    epoch: 0,
};

fuzz_target!(|data: &[u8]| {
    let ring = KeyRing::new([(1, [7; 32]), (2, [9; 32])]);
    let whole = ring.sign(&TOKEN).expect("its ids are small").to_url();
    let external = ring.sign_external(&Token { purpose: Purpose::ExternalPage, ..TOKEN }).expect("its ids are small");
    let text = String::from_utf8_lossy(data);
    // Alone: nobody forges one.
    assert!(ring.read_link(&text).is_err() || text.starts_with(&whole));
    let _ = (ring.read_short(&text), ring.read_mail(&text), ring.read_local_part(&text));
    let behind = ring.read_link(&format!("{whole}{text}"));
    if !text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
        assert_eq!(behind, Ok(TOKEN));
    }
    assert!(behind.is_err() || behind == Ok(TOKEN));
    // Within: what is altered opens nothing.
    if let [at, cut, put @ ..] = data {
        let at = usize::from(*at) % whole.len();
        let end = (at + usize::from(*cut % 4)).min(whole.len());
        let altered = format!("{}{}{}", &whole[..at], String::from_utf8_lossy(put), &whole[end..]);
        assert!(ring.read_link(&altered).is_err() || altered.starts_with(&whole));
    }
    let read = ring.read_external(&format!("{}{text}", external.params), &external.pid, Some(&external.sig));
    assert!(read.is_err() || read.is_ok_and(|token| token.address == TOKEN.address));
});
