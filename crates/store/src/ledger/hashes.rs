//! Hashes of the tree, each shown to belong under the checkpoint's root before it is used.
//!
//! [`tlog_tiles::TileHashReader`] is not used: it leaves tiles unchecked where the right edge of the tree takes up
//! several subtrees of one tile.

use super::{
    Checkpoint, Hash, LedgerError,
    checkpoint::CHECKPOINT_FILE,
    tiles::{self, Kind, TILE_HEIGHT, TILE_WIDTH, TileId, hashes_at, level_count},
};
use std::{cell::RefCell, collections::HashMap, path::Path};
use tlog_tiles::{Error, HashReader, split_stored_hash_index};

/// The hashes at the right edge of the tree under `checkpoint`: for each tile level, lowest first, those of its partial
/// tile. They have been checked against the root.
pub(super) fn right_edge(dir: &Path, checkpoint: &Checkpoint) -> Result<Vec<Vec<Hash>>, LedgerError> {
    let size = checkpoint.size();
    let mut levels = Vec::new();
    for level in 0..level_count(size) {
        let index = hashes_at(level, size) / TILE_WIDTH as u64;
        levels.push(match TileId::in_tree(Kind::Hashes(level), index, size) {
            Some(tile) => tiles::hashes_of(&tile.read_hashes(dir)?),
            None => Vec::new(),
        });
    }
    if tiles::root_of(&levels) == checkpoint.root() {
        Ok(levels)
    } else {
        Err(LedgerError::Damaged {
            file: CHECKPOINT_FILE.to_owned(),
            index: None,
            what: "the last tile of each level leads to another root",
        })
    }
}

/// Reads hashes from tiles; each tile is checked against the one above it, up to the root.
pub(super) struct CheckedHashes<'a> {
    dir: &'a Path,
    size: u64,
    edge: Vec<Vec<Hash>>,
    /// Full tiles that have been checked, by level and index.
    full: RefCell<HashMap<(u8, u64), Vec<Hash>>>,
    /// What went wrong in [`HashReader::read_hashes`], whose error can't carry it.
    error: RefCell<Option<LedgerError>>,
}

impl<'a> CheckedHashes<'a> {
    pub fn new(dir: &'a Path, checkpoint: &Checkpoint) -> Result<Self, LedgerError> {
        Ok(Self {
            dir,
            size: checkpoint.size(),
            edge: right_edge(dir, checkpoint)?,
            full: RefCell::default(),
            error: RefCell::default(),
        })
    }

    /// Calls a prover with these hashes.
    pub fn prove<T>(&self, prover: impl FnOnce(&Self) -> Result<T, Error>) -> Result<T, LedgerError> {
        prover(self).map_err(|_| self.error.take().unwrap_or(LedgerError::Proof))
    }

    /// Root of the subtree over the hashes `start..end` (a power of two, so aligned) of a tile.
    pub fn within(&self, level: u8, index: u64, start: usize, end: usize) -> Result<Hash, LedgerError> {
        let id = TileId::in_tree(Kind::Hashes(level), index, self.size);
        let outside = LedgerError::OutOfRange { index, size: self.size };
        let Some(id) = id.filter(|id| end <= id.width) else { return Err(outside) };
        if id.is_partial() {
            return Ok(tiles::subtree_hash(&self.edge[usize::from(level)][start..end]));
        }
        if let Some(hashes) = self.full.borrow().get(&(level, index)) {
            return Ok(tiles::subtree_hash(&hashes[start..end]));
        }
        let hashes = tiles::hashes_of(&id.read_hashes(self.dir)?);
        let position = usize::try_from(index % TILE_WIDTH as u64).expect("less than 256");
        let above = self.within(level + 1, index / TILE_WIDTH as u64, position, position + 1)?;
        if tiles::subtree_hash(&hashes) != above {
            return Err(id.damaged(None, "its hashes do not lead to the signed root"));
        }
        let hash = tiles::subtree_hash(&hashes[start..end]);
        self.full.borrow_mut().insert((level, index), hashes);
        Ok(hash)
    }

    fn stored(&self, stored_index: u64) -> Result<Hash, LedgerError> {
        let (tree_level, number) = split_stored_hash_index(stored_index);
        let (level, height) = (tree_level / TILE_HEIGHT, tree_level % TILE_HEIGHT);
        let first = number << height;
        let start = usize::try_from(first % TILE_WIDTH as u64).expect("less than 256");
        self.within(level, first / TILE_WIDTH as u64, start, start + (1 << height))
    }
}

impl HashReader for CheckedHashes<'_> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, Error> {
        let read = |index: &u64| {
            self.stored(*index).map_err(|error| {
                self.error.replace(Some(error));
                Error::InvalidTile
            })
        };
        indexes.iter().map(read).collect()
    }
}
