//! Salts of evidence. An import takes thousands, and each look at the system's randomness costs as much as a salt's use.

use consent::Entropy;

use super::SALT_LENGTH;

/// Salts that are made at once after the first.
const AHEAD: usize = 64;

/// Gives out salts.
pub(super) struct Salts<'a> {
    entropy: &'a dyn Entropy,
    made: Vec<[u8; SALT_LENGTH]>,
    /// Most operations need one and no more.
    is_first: bool,
}

impl<'a> Salts<'a> {
    pub fn new(entropy: &'a dyn Entropy) -> Self {
        Self { entropy, made: Vec::new(), is_first: true }
    }

    pub fn next(&mut self) -> [u8; SALT_LENGTH] {
        if let Some(salt) = self.made.pop() {
            return salt;
        }
        let mut salt = [0; SALT_LENGTH];
        if std::mem::take(&mut self.is_first) {
            self.entropy.fill(&mut salt);
            return salt;
        }
        self.made.resize(AHEAD, salt);
        self.entropy.fill(self.made.as_flattened_mut());
        self.made.pop().unwrap_or(salt)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::Mutex;

    use super::*;

    struct Counting(Mutex<(u32, usize)>);

    impl Entropy for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            let mut counts = self.0.lock().unwrap();
            counts.1 += 1;
            for chunk in bytes.chunks_mut(4) {
                counts.0 += 1;
                chunk.copy_from_slice(&counts.0.to_be_bytes()[..chunk.len()]);
            }
        }
    }

    #[test]
    fn no_salt_is_given_out_twice() {
        let entropy = Counting(Mutex::default());
        let mut salts = Salts::new(&entropy);
        let given: HashSet<_> = (0..300).map(|_| salts.next()).collect();
        assert_eq!(given.len(), 300);
        assert!(!given.contains(&[0; SALT_LENGTH]));
        assert_eq!(entropy.0.lock().unwrap().1, 6);
        Salts::new(&entropy).next();
        assert_eq!(entropy.0.lock().unwrap().1, 7);
    }
}
