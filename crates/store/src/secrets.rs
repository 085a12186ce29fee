//! The data directory's one secret, and the keys made from it.
//!
//! `master.key` holds 32 random bytes. Every key is HMAC-SHA256 of it over a label of its own (and a seed, for keys
//! that rotate), so that a backup of the database without that file gives nobody a key.

use std::fs::File;
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::Path;

use consent::{Address, AddressId, Entropy, EntryId, ProfileId, WorkspaceId};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::error::StoreError;
use crate::ledger::{BLIND_LENGTH, PSEUDONYM_LENGTH};
use crate::private;

/// Name of the file in the data directory.
pub const MASTER_KEY_FILE: &str = "master.key";
/// Bytes of a key.
pub const KEY_LENGTH: usize = 32;

const PURPOSE_FINGERPRINT: &[u8] = b"consentry fingerprint 1\0";
const PURPOSE_LINK: &[u8] = b"consentry link key 1\0";
const PURPOSE_LEDGER: &[u8] = b"consentry ledger key 1\0";
const PURPOSE_ORIGIN: &[u8] = b"consentry ledger origin 1\0";
const PURPOSE_SUBJECT: &[u8] = b"consentry subject pseudonym 1\0";
const PURPOSE_ADDRESS: &[u8] = b"consentry address pseudonym 1\0";
const PURPOSE_BLIND: &[u8] = b"consentry ledger blind 1\0";
const PURPOSE_TYPED: &[u8] = b"consentry typed address 1\0";
const PURPOSE_TALLY: &[u8] = b"consentry tally 1\0";
const PURPOSE_CURSOR: &[u8] = b"consentry cursor 1\0";

/// The master key. `Debug` doesn't show it.
#[derive(Clone)]
pub struct Secrets {
    master: [u8; KEY_LENGTH],
    /// HMAC with the master key taken in, which is half of the work of each derivation.
    keyed: Hmac<Sha256>,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets")
    }
}

impl Secrets {
    fn of(master: [u8; KEY_LENGTH]) -> Self {
        let keyed = Hmac::new_from_slice(&master).expect("HMAC takes keys of any length");
        Self { master, keyed }
    }

    /// Reads the master key of a data directory; `None` if there is none yet.
    pub fn load(dir: &Path) -> Result<Option<Self>, StoreError> {
        let mut file = match File::open(dir.join(MASTER_KEY_FILE)) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unavailable(&error)),
        };
        let mut master = [0; KEY_LENGTH];
        file.read_exact(&mut master).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => StoreError::Damaged(format!("{MASTER_KEY_FILE} is too short")),
            _ => unavailable(&error),
        })?;
        let at_end = matches!(file.read(&mut [0]), Ok(0));
        if at_end {
            Ok(Some(Self::of(master)))
        } else {
            Err(StoreError::Damaged(format!("{MASTER_KEY_FILE} is too long")))
        }
    }

    /// Makes the master key of a new data directory; durable when this returns.
    ///
    /// Written under another name first, so that a crash leaves no half a key behind.
    pub fn create(dir: &Path, entropy: &dyn Entropy) -> Result<Self, StoreError> {
        let mut master = [0; KEY_LENGTH];
        entropy.fill(&mut master);
        let secrets = Self::of(master);
        secrets.write(dir).map_err(|error| unavailable(&error))?;
        Ok(secrets)
    }

    /// Writes the master key into a folder, readable by its owner alone.
    pub(crate) fn write(&self, dir: &Path) -> std::io::Result<()> {
        let draft = dir.join("master.key.new");
        let mut file = private::create(&draft)?;
        file.write_all(&self.master)?;
        file.sync_all()?;
        std::fs::rename(&draft, dir.join(MASTER_KEY_FILE))?;
        File::open(dir)?.sync_all()
    }

    /// Tells master keys apart without telling them.
    pub(crate) fn fingerprint(&self) -> [u8; KEY_LENGTH] {
        self.derive(PURPOSE_FINGERPRINT, &[])
    }

    /// The key that signs links under a key id.
    pub fn link_key(&self, id: u8, seed: &[u8]) -> [u8; KEY_LENGTH] {
        self.derive(PURPOSE_LINK, &[&[id], seed])
    }

    /// The ledger's Ed25519 seed (RFC 8032).
    pub fn ledger_seed(&self) -> [u8; KEY_LENGTH] {
        self.derive(PURPOSE_LEDGER, &[])
    }

    /// The ledger's name: tells the ledgers of different data directories apart.
    pub fn ledger_origin(&self) -> String {
        format!("consentry/ledger/{}", data_encoding::HEXLOWER.encode(&self.derive(PURPOSE_ORIGIN, &[])[..8]))
    }

    /// What stands for a profile in the ledger: tells nothing without the master key, and is the same in each of the
    /// profile's entries.
    pub fn subject(&self, workspace: WorkspaceId, profile: ProfileId) -> [u8; PSEUDONYM_LENGTH] {
        self.pseudonym(PURPOSE_SUBJECT, workspace, profile.0)
    }

    /// What stands for an address in the ledger.
    pub fn address(&self, workspace: WorkspaceId, address: AddressId) -> [u8; PSEUDONYM_LENGTH] {
        self.pseudonym(PURPOSE_ADDRESS, workspace, address.0)
    }

    /// What hides whose entry a ledger entry is, see [`crate::ledger::Opening`]. Made anew each time it is needed.
    pub fn blind(&self, workspace: WorkspaceId, entry: EntryId) -> [u8; BLIND_LENGTH] {
        self.derive(PURPOSE_BLIND, &[&workspace.0.to_be_bytes(), &entry.0.to_be_bytes()])
    }

    /// What stands for an address that somebody typed, known to us or not: by its text, so that nothing has to be looked up.
    pub fn typed_address(&self, workspace: WorkspaceId, address: &Address) -> [u8; PSEUDONYM_LENGTH] {
        let (namespace, key) = (address.namespace().as_str().as_bytes(), address.key().as_bytes());
        // A namespace holds no U+0000, so no two addresses make the same text.
        let full = self.derive(PURPOSE_TYPED, &[&workspace.0.to_be_bytes(), namespace, b"\0", key]);
        cut(&full)
    }

    /// What stands for something that is counted.
    pub fn counted(&self, workspace: WorkspaceId, key: &str) -> [u8; PSEUDONYM_LENGTH] {
        cut(&self.derive(PURPOSE_TALLY, &[&workspace.0.to_be_bytes(), key.as_bytes()]))
    }

    /// Key that cursors are sealed with: whoever holds one can't read the address that it may name.
    pub fn cursor_key(&self) -> [u8; KEY_LENGTH] {
        self.derive(PURPOSE_CURSOR, &[])
    }

    fn pseudonym(&self, purpose: &[u8], workspace: WorkspaceId, id: i64) -> [u8; PSEUDONYM_LENGTH] {
        let full = self.derive(purpose, &[&workspace.0.to_be_bytes(), &id.to_be_bytes()]);
        cut(&full)
    }

    fn derive(&self, purpose: &[u8], parts: &[&[u8]]) -> [u8; KEY_LENGTH] {
        let mut mac = self.keyed.clone();
        mac.update(purpose);
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

fn cut(full: &[u8; KEY_LENGTH]) -> [u8; PSEUDONYM_LENGTH] {
    let mut cut = [0; PSEUDONYM_LENGTH];
    cut.copy_from_slice(&full[..PSEUDONYM_LENGTH]);
    cut
}

fn unavailable(error: &std::io::Error) -> StoreError {
    StoreError::Unavailable(format!("{MASTER_KEY_FILE}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    struct Fixed(u8);

    impl Entropy for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    #[test]
    fn the_key_is_private_and_comes_back() {
        let dir = tempfile::tempdir().unwrap();
        assert!(Secrets::load(dir.path()).unwrap().is_none());
        let made = Secrets::create(dir.path(), &Fixed(7)).unwrap();
        let file = dir.path().join(MASTER_KEY_FILE);
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(Secrets::load(dir.path()).unwrap().unwrap().master, made.master);
        assert_eq!(format!("{made:?}"), "Secrets");
        for wrong in [31, 33] {
            std::fs::write(&file, vec![7; wrong]).unwrap();
            assert!(matches!(Secrets::load(dir.path()), Err(StoreError::Damaged(_))), "{wrong}");
        }
    }

    #[test]
    fn each_purpose_has_a_key_of_its_own() {
        let secrets = Secrets::of([7; KEY_LENGTH]);
        let keys = [
            secrets.ledger_seed(),
            secrets.link_key(1, &[1]),
            secrets.link_key(2, &[1]),
            secrets.link_key(1, &[2]),
        ];
        for (at, key) in keys.iter().enumerate() {
            assert!(!keys[..at].contains(key));
        }
        let (one, two) = (WorkspaceId(1), WorkspaceId(2));
        assert_ne!(secrets.subject(one, ProfileId(1)), secrets.subject(two, ProfileId(1)));
        assert_ne!(secrets.subject(one, ProfileId(1)), secrets.address(one, consent::AddressId(1)));
        let typed = |text: &str| secrets.typed_address(one, &Address::guess(text).unwrap());
        assert_eq!(typed("Ann@Example.com"), typed("ann@example.COM"));
        assert_ne!(typed("ann@example.com"), typed("bob@example.com"));
        assert_ne!(
            typed("ann@example.com"),
            secrets.typed_address(two, &Address::guess("ann@example.com").unwrap())
        );
        let blinds = [(one, 1), (one, 2), (two, 1)].map(|(of, entry)| secrets.blind(of, EntryId(entry)));
        assert!(blinds[0] != blinds[1] && blinds[0] != blinds[2] && blinds[1] != blinds[2]);
        assert_ne!(secrets.ledger_origin(), Secrets::of([8; KEY_LENGTH]).ledger_origin());
    }
}
