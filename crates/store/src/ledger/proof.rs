//! Reading entries and proving them (RFC 6962 sections 2.1.1 and 2.1.2).

use super::{
    Checkpoint, LedgerError, Receipt, VerifierKey,
    checkpoint::CHECKPOINT_FILE,
    hashes::CheckedHashes,
    tiles::{Kind, TILE_WIDTH, TileId},
};
use std::{
    ops::Range,
    path::{Path, PathBuf},
};
use tlog_tiles::{EMPTY_HASH, Hash, check_record, check_tree, prove_record, prove_tree, record_hash};

/// The ledger as one checkpoint describes it; stays valid while a writer goes on.
#[derive(Debug)]
pub struct LedgerReader {
    dir: PathBuf,
    checkpoint: Checkpoint,
}

impl LedgerReader {
    /// Reads the present checkpoint, and checks its signature if a key is given.
    pub fn open(dir: impl Into<PathBuf>, key: Option<&VerifierKey>) -> Result<Self, LedgerError> {
        let dir = dir.into();
        let missing = || LedgerError::Missing { file: CHECKPOINT_FILE.to_owned() };
        let checkpoint = Checkpoint::read(&dir, key)?.ok_or_else(missing)?;
        Ok(Self { dir, checkpoint })
    }

    /// The checkpoint that this reader stands on.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Entries in the ledger.
    pub fn size(&self) -> u64 {
        self.checkpoint.size()
    }

    /// The leaf at `index` (zero-based) as the bundle holds it; [`Self::receipt`] is what proves it.
    pub fn entry(&self, index: u64) -> Result<Vec<u8>, LedgerError> {
        let end = index.checked_add(1).ok_or_else(|| self.out_of_range(index))?;
        self.entries(index..end)?.next().unwrap_or_else(|| Err(self.out_of_range(index)))
    }

    /// The leaves of a range of indexes in order, a bundle in memory at a time. After an error it ends.
    pub fn entries(&self, range: Range<u64>) -> Result<Entries<'_>, LedgerError> {
        if range.end > self.size() {
            return Err(self.out_of_range(range.end - 1));
        }
        Ok(Entries { reader: self, range, bundle: Vec::new().into_iter() })
    }

    /// Proof that the tree of the first `size` entries holds entry `index`: the hashes from the leaf's sibling up.
    /// Every hash has been checked against the checkpoint's root.
    pub fn inclusion_proof(&self, index: u64, size: u64) -> Result<Vec<Hash>, LedgerError> {
        if size > self.size() || index >= size {
            return Err(self.out_of_range(index.max(size)));
        }
        CheckedHashes::new(&self.dir, &self.checkpoint)?.prove(|hashes| prove_record(size, index, hashes))
    }

    /// Proof that the tree of the first `new` entries begins with the tree of the first `old` (RFC 6962). Empty when
    /// `old` is 0 or `new`, as there is nothing to prove. Every hash has been checked against the checkpoint's root.
    pub fn consistency_proof(&self, old: u64, new: u64) -> Result<Vec<Hash>, LedgerError> {
        if new > self.size() || old > new {
            return Err(self.out_of_range(old.max(new)));
        }
        if old == 0 {
            return Ok(Vec::new());
        }
        CheckedHashes::new(&self.dir, &self.checkpoint)?.prove(|hashes| prove_tree(new, old, hashes))
    }

    /// The receipt of an entry: the leaf, its proof and the checkpoint, to be checked with the verifier key alone.
    pub fn receipt(&self, index: u64) -> Result<Receipt, LedgerError> {
        let leaf = self.entry(index)?;
        let proof = self.inclusion_proof(index, self.size())?;
        if verify_inclusion(&leaf, index, &proof, &self.checkpoint).is_err() {
            let id = TileId::in_tree(Kind::Entries, index / TILE_WIDTH as u64, self.size())
                .ok_or_else(|| self.out_of_range(index))?;
            return Err(id.damaged(Some(index), "the entry does not match its hash"));
        }
        Ok(Receipt::new(leaf, index, proof, self.checkpoint.text().to_owned()))
    }

    /// Whether the first hash of a tile, and with it the tile, leads to the checkpoint's root.
    pub(super) fn is_authentic(&self, level: u8, index: u64) -> bool {
        CheckedHashes::new(&self.dir, &self.checkpoint)
            .is_ok_and(|hashes| hashes.within(level, index, 0, 1).is_ok())
    }

    fn out_of_range(&self, index: u64) -> LedgerError {
        LedgerError::OutOfRange { index, size: self.size() }
    }
}

/// Iterator over leaves, see [`LedgerReader::entries`].
#[derive(Debug)]
pub struct Entries<'a> {
    reader: &'a LedgerReader,
    range: Range<u64>,
    bundle: std::vec::IntoIter<Vec<u8>>,
}

impl Entries<'_> {
    fn load(&self) -> Result<std::vec::IntoIter<Vec<u8>>, LedgerError> {
        let width = TILE_WIDTH as u64;
        let bundle = TileId::in_tree(Kind::Entries, self.range.start / width, self.reader.size())
            .ok_or_else(|| self.reader.out_of_range(self.range.start))?;
        let bytes = bundle.read(&self.reader.dir)?;
        let skipped = usize::try_from(self.range.start % width).expect("less than 256");
        let leaves: Vec<_> = bundle.split(&bytes)?[skipped..].iter().map(|leaf| leaf.to_vec()).collect();
        Ok(leaves.into_iter())
    }
}

impl Iterator for Entries<'_> {
    type Item = Result<Vec<u8>, LedgerError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.range.is_empty() {
            return None;
        }
        if self.bundle.len() == 0 {
            match self.load() {
                Ok(bundle) => self.bundle = bundle,
                Err(error) => {
                    self.range.start = self.range.end;
                    return Some(Err(error));
                }
            }
        }
        self.range.start += 1;
        self.bundle.next().map(Ok)
    }
}

/// Checks that `proof` leads from `leaf` at `index` to the root of `checkpoint`. The caller has checked the signature.
pub fn verify_inclusion(
    leaf: &[u8],
    index: u64,
    proof: &[Hash],
    checkpoint: &Checkpoint,
) -> Result<(), LedgerError> {
    check_record(&proof.to_vec(), checkpoint.size(), checkpoint.root(), index, record_hash(leaf))
        .map_err(|_| LedgerError::Proof)
}

/// Checks that `proof` shows the tree of `new` to begin with the tree of `old`. The caller has checked the signatures.
pub fn check_consistency(old: &Checkpoint, new: &Checkpoint, proof: &[Hash]) -> Result<(), LedgerError> {
    let inconsistent = LedgerError::Inconsistent { old: old.size(), new: new.size() };
    let holds = if old.size() == 0 {
        proof.is_empty() && old.root() == EMPTY_HASH
    } else {
        check_tree(&proof.to_vec(), new.size(), new.root(), old.size(), old.root()).is_ok()
    };
    if holds && old.origin() == new.origin() { Ok(()) } else { Err(inconsistent) }
}

/// Checks that the ledger in `dir` continues the one whose signed checkpoint was kept as `old`: that nothing which it
/// covered has been changed, removed or reordered. Returns the old and the present checkpoint.
///
/// This reads a few hash tiles; [`super::verify`] is what compares the entries with them.
pub fn verify_consistency(
    dir: &Path,
    old: &str,
    key: &VerifierKey,
) -> Result<(Checkpoint, Checkpoint), LedgerError> {
    let old = Checkpoint::verify(old, key)?;
    let reader = LedgerReader::open(dir, Some(key))?;
    if old.size() > reader.size() {
        return Err(LedgerError::Inconsistent { old: old.size(), new: reader.size() });
    }
    let proof = reader.consistency_proof(old.size(), reader.size())?;
    check_consistency(&old, &reader.checkpoint, &proof)?;
    Ok((old, reader.checkpoint))
}
