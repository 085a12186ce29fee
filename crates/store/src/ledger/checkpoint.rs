//! Signed checkpoints: what the log vouches for at one size.

use super::LedgerError;
use ed25519_dalek::{Signer as _, SigningKey};
use signed_note::{Note, StandardVerifier, Verifier as _, VerifierList};
use std::{fs::File, io::Read as _, path::Path};
use tlog_tiles::Hash;

/// Name of the checkpoint's file in the ledger's folder.
pub(super) const CHECKPOINT_FILE: &str = "checkpoint";
/// Longest checkpoint that is read: three lines and room for a few dozen witnesses.
pub(super) const CHECKPOINT_BYTES_MAX: usize = 16 * 1024;
/// Largest tree that is believed in; far from what sums over indexes could overflow at.
const SIZE_MAX: u64 = 1 << 48;
/// Longest origin, so that a file or table column can hold it.
const ORIGIN_BYTES_MAX: usize = 255;
/// Signature type of Ed25519 (C2SP signed-note).
const ALGORITHM_ED25519: u8 = 1;

/// The log's identity and private key; its name is the origin.
pub struct Signer {
    origin: String,
    key: SigningKey,
}

impl Signer {
    /// Makes the signer of the log `origin` (such as `consent.example/ledger/1`) from an Ed25519 seed (RFC 8032).
    pub fn from_seed(origin: &str, seed: &[u8; 32]) -> Result<Self, LedgerError> {
        if origin.len() > ORIGIN_BYTES_MAX
            || origin.chars().any(char::is_control)
            || !signed_note::is_key_name_valid(origin)
        {
            return Err(LedgerError::Origin);
        }
        Ok(Self { origin: origin.to_owned(), key: SigningKey::from_bytes(seed) })
    }

    /// The log's name, first line of each checkpoint.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The public key as text, `name+hash+base64` (C2SP signed-note): what an auditor needs.
    pub fn verifier_key(&self) -> String {
        signed_note::new_ed25519_verifier_key(&self.origin, &self.key.verifying_key())
    }

    /// The public key.
    pub fn verifier(&self) -> VerifierKey {
        VerifierKey::parse(&self.verifier_key()).expect("a key made from a valid origin and key pair parses")
    }

    /// Signs the tree head. Ed25519 is deterministic: the same head gives the same text.
    pub(super) fn sign(&self, size: u64, root: Hash) -> Result<Checkpoint, LedgerError> {
        let head = tlog_tiles::Checkpoint::new(&self.origin, size, root, "")
            .map_err(|_| LedgerError::MalformedCheckpoint)?;
        let mut note = Note::new(&head.to_bytes(), &[]).map_err(|_| LedgerError::MalformedCheckpoint)?;
        note.add_sigs(&[self]).map_err(|_| LedgerError::MalformedCheckpoint)?;
        let text = String::from_utf8(note.to_bytes()).map_err(|_| LedgerError::MalformedCheckpoint)?;
        Ok(Checkpoint::new(&head, text))
    }
}

impl signed_note::Signer for Signer {
    fn name(&self) -> &str {
        &self.origin
    }

    fn key_id(&self) -> u32 {
        let mut key = vec![ALGORITHM_ED25519];
        key.extend_from_slice(self.key.verifying_key().as_bytes());
        signed_note::key_id(&self.origin, &key)
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, ed25519_dalek::SignatureError> {
        Ok(self.key.try_sign(message)?.to_bytes().to_vec())
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").field("origin", &self.origin).finish_non_exhaustive()
    }
}

/// A log's public key, by which checkpoints and receipts are checked.
#[derive(Clone)]
pub struct VerifierKey(StandardVerifier);

impl VerifierKey {
    /// Parses `name+hash+base64` (C2SP signed-note, Ed25519).
    pub fn parse(text: &str) -> Result<Self, LedgerError> {
        StandardVerifier::new(text).map(Self).map_err(|_| LedgerError::VerifierKey)
    }

    /// The key's name, which is the log's origin.
    pub fn name(&self) -> &str {
        self.0.name()
    }
}

impl std::fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "VerifierKey({}+{:08x})", self.0.name(), self.0.key_id())
    }
}

/// A tree head with the signatures under it (C2SP tlog-checkpoint).
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Hash,
    text: String,
}

impl Checkpoint {
    /// Parses a signed checkpoint **without** checking who signed it.
    pub fn parse(text: &str) -> Result<Self, LedgerError> {
        let (head, _) = parse_note(text)?;
        Ok(Self::new(&head, text.to_owned()))
    }

    /// Parses a checkpoint and checks that `key` signed it and that it belongs to that key's log.
    pub fn verify(text: &str, key: &VerifierKey) -> Result<Self, LedgerError> {
        let unsigned = || LedgerError::Signature { key: key.name().to_owned() };
        let (head, note) = parse_note(text)?;
        note.verify(&VerifierList::new(vec![Box::new(key.0.clone())])).map_err(|_| unsigned())?;
        if head.origin() != key.name() {
            return Err(unsigned());
        }
        Ok(Self::new(&head, text.to_owned()))
    }

    fn new(head: &tlog_tiles::Checkpoint, text: String) -> Self {
        Self { origin: head.origin().to_owned(), size: head.size(), root: *head.hash(), text }
    }

    /// Reads the checkpoint of a ledger's folder; `None` if there is none.
    pub(super) fn read(dir: &Path, key: Option<&VerifierKey>) -> Result<Option<Self>, LedgerError> {
        let file = match File::open(dir.join(CHECKPOINT_FILE)) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(LedgerError::io("open", CHECKPOINT_FILE)(error)),
        };
        let mut bytes = Vec::new();
        file.take(CHECKPOINT_BYTES_MAX as u64 + 1)
            .read_to_end(&mut bytes)
            .map_err(LedgerError::io("read", CHECKPOINT_FILE))?;
        let text = std::str::from_utf8(&bytes).map_err(|_| LedgerError::MalformedCheckpoint)?;
        match key {
            Some(key) => Self::verify(text, key).map(Some),
            None => Self::parse(text).map(Some),
        }
    }

    /// The log's name.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Entries in the tree.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Root of the Merkle tree (RFC 6962 section 2.1).
    pub fn root(&self) -> Hash {
        self.root
    }

    /// The signed text, as the file holds it.
    pub fn text(&self) -> &str {
        &self.text
    }
}

fn parse_note(text: &str) -> Result<(tlog_tiles::Checkpoint, Note), LedgerError> {
    if text.len() > CHECKPOINT_BYTES_MAX {
        return Err(LedgerError::MalformedCheckpoint);
    }
    let note = Note::from_bytes(text.as_bytes()).map_err(|_| LedgerError::MalformedCheckpoint)?;
    let head =
        tlog_tiles::Checkpoint::from_bytes(note.text()).map_err(|_| LedgerError::MalformedCheckpoint)?;
    // One head, one text: a second spelling of the same head would make two files out of one.
    if head.to_bytes() != note.text() || head.size() > SIZE_MAX {
        return Err(LedgerError::MalformedCheckpoint);
    }
    Ok((head, note))
}
