//! The full check of a ledger, from its files alone.

use super::{
    Hash, LedgerError, LedgerReader, VerifierKey,
    checkpoint::CHECKPOINT_FILE,
    tiles::{self, Kind, TILE_WIDTH, TileId, hashes_at, level_count},
};
use std::path::Path;
use tlog_tiles::{HASH_SIZE, record_hash};

/// Bundles between two reports of progress.
const PROGRESS_BUNDLES: u64 = 64;

/// What a successful [`verify`] has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyReport {
    /// The log's name.
    pub origin: String,
    /// Entries in the ledger; all of them have been hashed.
    pub size: u64,
    /// Root of the Merkle tree, base64, as signed.
    pub root: String,
    /// Whether the signature was checked, which takes a key.
    pub signature_checked: bool,
    /// Files that were read, the checkpoint included.
    pub files: u64,
    /// Bytes of all leaves together.
    pub leaf_bytes: u64,
}

/// Checks everything that the checkpoint in `dir` covers: its signature (if a key is given), every entry against its
/// hash, every tile of every level against the one below, and the root. Nothing that was changed, removed, cut, added
/// or reordered in these files passes. Reads each file once and holds a few of them in memory at a time.
///
/// The error names the file and the first entry affected. Where an entry and its hash differ, the one that does not
/// lead to the signed root is named. `progress` is told the entries done and their total, now and then and at the end.
pub fn verify(
    dir: &Path,
    key: Option<&VerifierKey>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<VerifyReport, LedgerError> {
    let reader = LedgerReader::open(dir, key)?;
    let size = reader.size();
    let mut check = Check { dir, reader: &reader, levels: Vec::new(), files: 1, leaf_bytes: 0 };
    check.levels.resize_with(usize::from(level_count(size)), || Vec::with_capacity(TILE_WIDTH));
    for index in 0..size.div_ceil(TILE_WIDTH as u64) {
        if index % PROGRESS_BUNDLES == 0 {
            progress(index * TILE_WIDTH as u64, size);
        }
        check.bundle(index)?;
    }
    check.right_edge()?;
    if tiles::root_of(&check.levels) != reader.checkpoint().root() {
        return Err(LedgerError::Damaged {
            file: CHECKPOINT_FILE.to_owned(),
            index: None,
            what: "the entries lead to another root",
        });
    }
    progress(size, size);
    Ok(VerifyReport {
        origin: reader.checkpoint().origin().to_owned(),
        size,
        root: reader.checkpoint().root().to_string(),
        signature_checked: key.is_some(),
        files: check.files,
        leaf_bytes: check.leaf_bytes,
    })
}

struct Check<'a> {
    dir: &'a Path,
    reader: &'a LedgerReader,
    /// For each tile level the hashes computed from below that no full tile has taken up yet.
    levels: Vec<Vec<Hash>>,
    files: u64,
    leaf_bytes: u64,
}

impl Check<'_> {
    /// Hashes a bundle; compares the tiles that it completes.
    fn bundle(&mut self, index: u64) -> Result<(), LedgerError> {
        let Some(bundle) = TileId::in_tree(Kind::Entries, index, self.reader.size()) else { return Ok(()) };
        let bytes = bundle.read(self.dir)?;
        self.files += 1;
        for leaf in bundle.split(&bytes)? {
            self.leaf_bytes += leaf.len() as u64;
            self.levels[0].push(record_hash(leaf));
        }
        let (mut level, mut index) = (0, index);
        while self.levels[usize::from(level)].len() == TILE_WIDTH {
            self.compare(level, index)?;
            let root = tiles::subtree_hash(&self.levels[usize::from(level)]);
            self.levels[usize::from(level)].clear();
            level += 1;
            self.levels[usize::from(level)].push(root);
            index /= TILE_WIDTH as u64;
        }
        Ok(())
    }

    /// Compares the partial tiles.
    fn right_edge(&mut self) -> Result<(), LedgerError> {
        for level in 0..level_count(self.reader.size()) {
            if !self.levels[usize::from(level)].is_empty() {
                self.compare(level, hashes_at(level, self.reader.size()) / TILE_WIDTH as u64)?;
            }
        }
        Ok(())
    }

    /// Compares a stored tile with the hashes computed from below.
    fn compare(&mut self, level: u8, index: u64) -> Result<(), LedgerError> {
        let computed = &self.levels[usize::from(level)];
        let tile = TileId { kind: Kind::Hashes(level), index, width: computed.len() };
        let stored = tile.read_hashes(self.dir)?;
        self.files += 1;
        let differs = stored.chunks_exact(HASH_SIZE).zip(computed).position(|(bytes, hash)| bytes != hash.0);
        differs.map_or(Ok(()), |position| Err(self.blame(tile, position as u64)))
    }

    /// Where a tile and what lies below it differ, tells which of the two is wrong.
    fn blame(&self, tile: TileId, position: u64) -> LedgerError {
        let Kind::Hashes(level) = tile.kind else { return tile.damaged(None, "it is no tile of hashes") };
        let at = tile.index * TILE_WIDTH as u64 + position;
        let first_entry = at << (u32::from(level) * TILE_WIDTH.ilog2());
        if !self.reader.is_authentic(level, tile.index) {
            return tile.damaged(Some(first_entry), "a hash does not match what it stands for");
        }
        if level == 0 {
            let bundle = TileId { kind: Kind::Entries, ..tile };
            return bundle.damaged(Some(first_entry), "the entry does not match its hash");
        }
        TileId::full(Kind::Hashes(level - 1), at)
            .damaged(Some(first_entry), "the entries and hashes do not match the signed tree")
    }
}
