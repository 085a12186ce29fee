//! A key itself: `cst_live_`, eight characters by which it is found and shown, and 256 random bits that are kept nowhere.

use consent::Entropy;
use data_encoding::BASE32_NOPAD;
use sha2::{Digest as _, Sha256};

/// What every key begins with.
pub const PREFIX: &str = "cst_live_";
/// Characters of the visible part.
const ID_CHARS: usize = 8;
/// Characters of the secret part.
const SECRET_CHARS: usize = 52;

/// A key as its owner holds it. Shown once, when it is made.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    text: String,
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{PREFIX}{}_…", self.id())
    }
}

impl Secret {
    /// A new one.
    pub(super) fn new(entropy: &dyn Entropy) -> Self {
        let mut bytes = [0; 37];
        entropy.fill(&mut bytes);
        let text = |bytes: &[u8]| BASE32_NOPAD.encode(bytes).to_ascii_lowercase();
        Self { text: format!("{PREFIX}{}_{}", text(&bytes[..5]), text(&bytes[5..])) }
    }

    /// Reads one; `None` for what can't be a key of ours, before anybody looks for it.
    pub fn parse(text: &str) -> Option<Self> {
        let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let fits = id.len() == ID_CHARS && secret.len() == SECRET_CHARS;
        (fits && id.bytes().chain(secret.bytes()).all(plain)).then(|| Self { text: text.to_owned() })
    }

    /// The visible part.
    pub fn id(&self) -> &str {
        self.text.get(PREFIX.len()..PREFIX.len() + ID_CHARS).unwrap_or_default()
    }

    /// The whole of it.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// What is kept of a secret. Its 256 random bits need no slow hash: nobody can guess them.
pub fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    #[test]
    fn a_key_is_read_as_it_was_made_and_nothing_else_is() {
        let world = World::new();
        let made = Secret::new(&*world.service.entropy);
        assert_eq!(Secret::parse(made.text()), Some(made.clone()));
        assert!(!format!("{made:?}").contains(&made.text()[20..]), "logs don't show it");
        let text = made.text();
        for wrong in ["", "cst_live_", &text[1..], &text[..text.len() - 1], &text.to_ascii_uppercase()] {
            assert_eq!(Secret::parse(wrong), None, "{wrong}");
        }
    }
}
