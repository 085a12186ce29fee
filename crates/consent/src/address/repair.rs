//! Taking off what came along when an address was copied.

use super::Address;
use super::marks::{is_invisible, is_quote};

/// The address that is plainly meant by a text that is none; `None` if that isn't plain.
pub(super) fn email(text: &str) -> Option<Address> {
    let shown: String = text
        .chars()
        .filter(|c| !is_invisible(*c) && !c.is_control())
        .map(|c| match c {
            '\u{ff20}' | '\u{fe6b}' => '@',
            '\u{2018}' | '\u{2019}' | '\u{ff07}' => '\'',
            c => c,
        })
        .collect();
    // `Ann <ann@example.com>`: what stands in the brackets.
    let inner =
        shown.rsplit_once('<').map_or(shown.as_str(), |(_, after)| after.split('>').next().unwrap_or(after));
    let around = |c: char| is_quote(c) || c.is_whitespace() || "\"'`()[]{}<>,;:!\u{2026}.".contains(c);
    let bare = inner.trim_matches(around);
    let bare =
        bare.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("mailto:")).map_or(bare, |_| &bare[7..]);
    let bare = bare
        .split_once('?')
        .map_or(bare, |(address, query)| if query.contains('@') { bare } else { address });
    Address::email(bare.trim_matches(around)).ok()
}
