//! Receipts: one entry with all that is needed to check, offline, that it is in the ledger.

use super::{
    Checkpoint, Hash, LedgerError, Opening, VerifierKey,
    checkpoint::CHECKPOINT_BYTES_MAX,
    opening::{self, OPENING_BYTES_MAX},
    tiles::LEAF_BYTES_MAX,
    verify_inclusion,
};
use data_encoding::BASE64;

/// First line of a receipt (C2SP tlog-proof).
const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// Longest inclusion proof: a hash per level of a tree of 64-bit size.
const PROOF_HASHES_MAX: usize = 64;
/// Bytes of a hash in base64 and its line end.
const HASH_LINE_BYTES: usize = 45;
/// Longest extra data: the leaf, a line end, and what opens it.
const EXTRA_BYTES_MAX: usize = LEAF_BYTES_MAX + 1 + OPENING_BYTES_MAX;
/// Longest receipt: the extra data in base64, the proof, the checkpoint and the two short lines.
const RECEIPT_BYTES_MAX: usize =
    EXTRA_BYTES_MAX.div_ceil(3) * 4 + PROOF_HASHES_MAX * HASH_LINE_BYTES + CHECKPOINT_BYTES_MAX + 128;

/// The proof that a leaf is in the ledger, in the text format of C2SP [tlog-proof] with the leaf, and a line that opens it
/// where it needs one, as extra data:
///
/// ```text
/// c2sp.org/tlog-proof@v1
/// extra <the leaf, base64; or the leaf, a line end, and its opening as JSON>
/// index <zero-based index, decimal>
/// <hash, base64>                   from the leaf's sibling to the root's child, one a line
///
/// <the signed checkpoint, verbatim>
/// ```
///
/// Such files end in `.tlog-proof` by convention.
///
/// [tlog-proof]: https://c2sp.org/tlog-proof
#[derive(Clone, Debug)]
pub struct Receipt {
    leaf: Vec<u8>,
    opening: Option<Opening>,
    index: u64,
    proof: Vec<Hash>,
    checkpoint: String,
}

impl Receipt {
    pub(super) fn new(leaf: Vec<u8>, index: u64, proof: Vec<Hash>, checkpoint: String) -> Self {
        Self { leaf, opening: None, index, proof, checkpoint }
    }

    /// The same with what opens the leaf.
    #[must_use]
    pub fn opened(self, opening: Option<Opening>) -> Self {
        Self { opening, ..self }
    }

    /// Whose entry it is; `None` where the leaf says it itself. Not to be believed before [`Self::verify`].
    pub fn opening(&self) -> Option<&Opening> {
        self.opening.as_ref()
    }

    /// The leaf; not to be believed before [`Self::verify`].
    pub fn leaf(&self) -> &[u8] {
        &self.leaf
    }

    /// Zero-based index of the leaf in the ledger; not to be believed before [`Self::verify`].
    pub fn index(&self) -> u64 {
        self.index
    }

    /// Parses the text form. Only the one spelling that [`std::fmt::Display`] gives is accepted.
    pub fn parse(text: &str) -> Result<Self, LedgerError> {
        if text.len() > RECEIPT_BYTES_MAX {
            return Err(LedgerError::MalformedReceipt);
        }
        let receipt = parse(text).ok_or(LedgerError::MalformedReceipt)?;
        if receipt.to_string() == text { Ok(receipt) } else { Err(LedgerError::MalformedReceipt) }
    }

    /// Checks with the log's public key alone that the leaf is entry [`Self::index`] of the ledger, and that what opens it
    /// is its own. Returns the checkpoint that vouches for it.
    pub fn verify(&self, key: &VerifierKey) -> Result<Checkpoint, LedgerError> {
        let checkpoint = Checkpoint::verify(&self.checkpoint, key)?;
        verify_inclusion(&self.leaf, self.index, &self.proof, &checkpoint)?;
        opening::check(&self.leaf, self.opening.as_ref())?;
        Ok(checkpoint)
    }
}

impl std::fmt::Display for Receipt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut extra = self.leaf.clone();
        if let Some(opening) = &self.opening {
            extra.extend_from_slice(format!("\n{opening}").as_bytes());
        }
        writeln!(f, "{HEADER}\nextra {}\nindex {}", BASE64.encode(&extra), self.index)?;
        for hash in &self.proof {
            writeln!(f, "{hash}")?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}

fn parse(text: &str) -> Option<Receipt> {
    let (head, checkpoint) = text.split_once("\n\n")?;
    let mut lines = head.split('\n');
    if lines.next()? != HEADER {
        return None;
    }
    let extra = BASE64.decode(lines.next()?.strip_prefix("extra ")?.as_bytes()).ok()?;
    let (leaf, opening) = split(extra)?;
    let index = lines.next()?.strip_prefix("index ")?.parse().ok()?;
    let proof: Vec<Hash> = lines.map(|line| Hash::parse_hash(line).ok()).collect::<Option<_>>()?;
    (proof.len() <= PROOF_HASHES_MAX && leaf.len() <= LEAF_BYTES_MAX)
        .then(|| Receipt::new(leaf, index, proof, checkpoint.to_owned()).opened(opening))
}

/// Takes the leaf and what opens it apart. A leaf that needs an opening is a line of JSON; the bytes of others may be any.
fn split(extra: Vec<u8>) -> Option<(Vec<u8>, Option<Opening>)> {
    match extra.iter().position(|byte| *byte == b'\n') {
        Some(at) if extra.starts_with(b"{") => {
            let opening = Opening::parse(std::str::from_utf8(&extra[at + 1..]).ok()?)?;
            Some((extra[..at].to_vec(), Some(opening)))
        }
        _ => Some((extra, None)),
    }
}
