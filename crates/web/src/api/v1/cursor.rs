//! Cursors: where a page begins, sealed. A cursor may name the address at which a page ends, so it is encrypted; nobody but
//! us makes one, and it goes with the list and the filters that it was made for alone.
//!
//! A cursor also holds where the pages before it began, so that one can go back: [`TRAIL_MAX`] pages.

use std::sync::Arc;

use consent::Entropy;
use data_encoding::BASE64URL_NOPAD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde::{Deserialize, Serialize};

use super::problem::ApiProblem;

/// Pages that one can go back.
const TRAIL_MAX: usize = 16;
/// Characters of a cursor.
const TEXT_CHARS_MAX: usize = 8 * 1024;

/// Seals and opens cursors.
pub(super) struct Cursors {
    key: LessSafeKey,
    entropy: Arc<dyn Entropy>,
}

/// A place in a list: where the pages before this one began, and this one. `None` is the beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Trail {
    before: Vec<Option<String>>,
    at: Option<String>,
}

impl Trail {
    /// Where the page begins, as the use case has it.
    pub fn at(&self) -> Option<&str> {
        self.at.as_deref()
    }

    /// The place of the page behind this one.
    pub fn next(&self, at: String) -> Self {
        let mut before = self.before.clone();
        before.push(self.at.clone());
        if before.len() > TRAIL_MAX {
            before.remove(0);
        }
        Self { before, at: Some(at) }
    }

    /// The place of the page before this one, if it is known.
    pub fn previous(&self) -> Option<Self> {
        let mut before = self.before.clone();
        let at = before.pop()?;
        Some(Self { before, at })
    }
}

impl Cursors {
    pub fn new(key: &[u8; 32], entropy: Arc<dyn Entropy>) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, key).expect("the key has the algorithm's length");
        Self { key: LessSafeKey::new(key), entropy }
    }

    /// A cursor; `of` says which list, of which workspace, filtered how.
    pub fn seal(&self, of: &str, trail: &Trail) -> Result<String, ApiProblem> {
        let mut nonce = [0; NONCE_LEN];
        self.entropy.fill(&mut nonce);
        let mut text = serde_json::to_vec(trail).map_err(|_| wrong())?;
        let aad = Aad::from(of.as_bytes());
        let nonce_used = Nonce::assume_unique_for_key(nonce);
        self.key.seal_in_place_append_tag(nonce_used, aad, &mut text).map_err(|_| wrong())?;
        let mut sealed = nonce.to_vec();
        sealed.append(&mut text);
        Ok(BASE64URL_NOPAD.encode(&sealed))
    }

    /// The place that a cursor names.
    pub fn open(&self, of: &str, cursor: &str) -> Result<Trail, ApiProblem> {
        if cursor.len() > TEXT_CHARS_MAX {
            return Err(wrong());
        }
        let mut sealed = BASE64URL_NOPAD.decode(cursor.as_bytes()).map_err(|_| wrong())?;
        let (nonce, text) = sealed.split_at_mut_checked(NONCE_LEN).ok_or_else(wrong)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| wrong())?;
        let opened = self.key.open_in_place(nonce, Aad::from(of.as_bytes()), text).map_err(|_| wrong())?;
        serde_json::from_slice(opened).map_err(|_| wrong())
    }
}

fn wrong() -> ApiProblem {
    ApiProblem::bad("cursor-invalid", "the cursor isn't one of an answer to this question").at("/cursor")
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Same;

    impl Entropy for Same {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    #[test]
    fn a_cursor_goes_on_and_back_and_with_its_own_question_alone() {
        let cursors = Cursors::new(&[1; 32], Arc::new(Same));
        let mut trail = Trail::default();
        assert_eq!(trail.previous(), None);
        for page in 0..40 {
            let next = trail.next(format!("ann{page}@example.com"));
            assert_eq!(next.previous().map(|back| back.at), Some(trail.at.clone()));
            trail = next;
        }
        let sealed = cursors.seal("1 /suppression", &trail).unwrap();
        assert_eq!(cursors.open("1 /suppression", &sealed).unwrap(), trail);
        assert!(cursors.open("2 /suppression", &sealed).is_err(), "another workspace's");
        let mut broken = sealed.clone();
        broken.replace_range(20..21, if &sealed[20..21] == "A" { "B" } else { "A" });
        for wrong in ["", "abc", "%", &sealed[1..], &broken] {
            assert!(cursors.open("1 /suppression", wrong).is_err(), "{wrong}");
        }
        let readable = BASE64URL_NOPAD.decode(sealed.as_bytes()).unwrap();
        assert!(!String::from_utf8_lossy(&readable).contains("example.com"));
        let mut back = 0;
        while let Some(previous) = trail.previous() {
            (trail, back) = (previous, back + 1);
        }
        assert_eq!(back, TRAIL_MAX);
    }
}
