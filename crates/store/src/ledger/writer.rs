//! Appending to the ledger.

use super::{
    Checkpoint, LedgerError, Signer,
    checkpoint::CHECKPOINT_FILE,
    files::{self, Batch},
    hashes,
    tiles::{self, Kind, LEAF_BYTES_MAX, TILE_WIDTH, TileId, hashes_at, level_count},
};
use crate::private;
use rustix::fs::FlockOperation;
use std::{
    fs::File,
    path::{Path, PathBuf},
};
use tlog_tiles::{Hash, record_hash};

/// The one writer of a ledger's folder; it holds a lock on it as long as it lives.
#[derive(Debug)]
pub struct LedgerWriter {
    dir: PathBuf,
    signer: Signer,
    edge: Edge,
    checkpoint: Checkpoint,
    _lock: File,
}

impl LedgerWriter {
    /// Opens a ledger, or begins an empty one if the folder has no checkpoint yet (the folder is made if need be).
    ///
    /// Checks the checkpoint's signature and that the last tiles and the last bundle lead to its root; fails with
    /// [`LedgerError::Damaged`] or [`LedgerError::Missing`], naming the file, if they don't. To mend a damaged ledger,
    /// delete the folder's contents and append all leaves again.
    pub fn open(dir: impl Into<PathBuf>, signer: Signer) -> Result<Self, LedgerError> {
        let dir = dir.into();
        let failed = |action| LedgerError::io(action, dir.display().to_string());
        private::create_dir_all(&dir).map_err(failed("make"))?;
        let lock = File::open(&dir).map_err(failed("open"))?;
        rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive).map_err(|error| {
            if error == rustix::io::Errno::WOULDBLOCK {
                LedgerError::Locked
            } else {
                failed("lock")(error.into())
            }
        })?;
        let (edge, checkpoint) = if let Some(found) = Checkpoint::read(&dir, Some(&signer.verifier()))? {
            (Edge::read(&dir, &found)?, found)
        } else {
            let empty = signer.sign(0, tlog_tiles::EMPTY_HASH)?;
            files::replace_durably(&dir, CHECKPOINT_FILE, empty.text().as_bytes())?;
            (Edge::default(), empty)
        };
        Ok(Self { dir, signer, edge, checkpoint, _lock: lock })
    }

    /// Entries in the ledger, which is the index of the next leaf.
    pub fn size(&self) -> u64 {
        self.edge.size
    }

    /// The last signed checkpoint.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The ledger's folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Appends leaves, the first of which gets the index [`Self::size`], and signs a checkpoint over them. When this
    /// returns, all of it is durable.
    ///
    /// On an error nothing has been appended as far as this writer is concerned, and the call can be repeated: what it
    /// had written is overwritten with the same bytes.
    pub fn append<I>(&mut self, leaves: I) -> Result<&Checkpoint, LedgerError>
    where
        I: IntoIterator,
        I::Item: AsRef<[u8]>,
    {
        let mut edge = self.edge.clone();
        let mut batch = Batch::new(&self.dir);
        for leaf in leaves {
            edge.push(leaf.as_ref(), &mut batch)?;
        }
        if edge.size == self.edge.size {
            return Ok(&self.checkpoint);
        }
        edge.write_partials(self.edge.size, &mut batch)?;
        batch.flush()?;
        let checkpoint = self.signer.sign(edge.size, tiles::root_of(&edge.levels))?;
        files::replace_durably(&self.dir, CHECKPOINT_FILE, checkpoint.text().as_bytes())?;
        let before = std::mem::replace(&mut self.edge, edge).size;
        self.checkpoint = checkpoint;
        self.remove_superseded(before);
        Ok(&self.checkpoint)
    }

    /// Drops the partial tiles that wider ones have replaced since the tree had `before` entries.
    fn remove_superseded(&self, before: u64) {
        let size = self.edge.size;
        let levels = (0..level_count(size)).map(Kind::Hashes);
        for (kind, level) in std::iter::once((Kind::Entries, 0)).chain(levels.zip(0..)) {
            let width = TILE_WIDTH as u64;
            for index in hashes_at(level, before) / width..=hashes_at(level, size) / width {
                let now = TileId::in_tree(kind, index, size);
                let folder = self.dir.join(TileId::full(kind, index).partial_dir());
                match now {
                    Some(tile) if tile.is_partial() => files::remove_partials(&folder, Some(tile.width)),
                    Some(_) => files::remove_partials(&folder, None),
                    None => {}
                }
            }
        }
    }
}

/// The right edge of the tree: all that is needed to go on.
#[derive(Clone, Debug, Default)]
struct Edge {
    size: u64,
    /// For each tile level, lowest first, the hashes of its partial tile (fewer than 256, possibly none).
    levels: Vec<Vec<Hash>>,
    /// The last bundle as far as it goes, encoded.
    bundle: Vec<u8>,
}

impl Edge {
    /// Reads the edge of the tree under `checkpoint` and checks it against the root.
    fn read(dir: &Path, checkpoint: &Checkpoint) -> Result<Self, LedgerError> {
        let size = checkpoint.size();
        let levels = match hashes::right_edge(dir, checkpoint) {
            Ok(levels) => levels,
            // The full check finds out which file it is.
            Err(error) => return Err(super::verify(dir, None, &mut |_, _| {}).err().unwrap_or(error)),
        };
        let mut edge = Self { size, levels, bundle: Vec::new() };
        if let Some(tile) = TileId::in_tree(Kind::Entries, size / TILE_WIDTH as u64, size) {
            edge.bundle = tile.read(dir)?;
            let leaves = tile.split(&edge.bundle)?;
            for (position, (leaf, hash)) in leaves.iter().zip(&edge.levels[0]).enumerate() {
                if record_hash(leaf) != *hash {
                    let index = tile.index * TILE_WIDTH as u64 + position as u64;
                    return Err(tile.damaged(Some(index), "the entry does not match its hash"));
                }
            }
        }
        Ok(edge)
    }

    /// Adds a leaf; writes the tiles and the bundle that it fills.
    fn push(&mut self, leaf: &[u8], batch: &mut Batch<'_>) -> Result<(), LedgerError> {
        let length = u16::try_from(leaf.len())
            .map_err(|_| LedgerError::LeafTooLong { index: self.size, length: leaf.len() })?;
        debug_assert!(leaf.len() <= LEAF_BYTES_MAX);
        self.bundle.extend_from_slice(&length.to_be_bytes());
        self.bundle.extend_from_slice(leaf);
        self.size += 1;
        let mut hash = record_hash(leaf);
        for level in 0.. {
            if self.levels.len() == usize::from(level) {
                self.levels.push(Vec::with_capacity(TILE_WIDTH));
            }
            let hashes = &mut self.levels[usize::from(level)];
            hashes.push(hash);
            if hashes.len() < TILE_WIDTH {
                break;
            }
            let index = hashes_at(level + 1, self.size) - 1;
            if level == 0 {
                batch.write(&TileId::full(Kind::Entries, index).name(), &self.bundle)?;
                self.bundle.clear();
            }
            batch.write(&TileId::full(Kind::Hashes(level), index).name(), &tiles::join(hashes))?;
            hash = tiles::subtree_hash(hashes);
            hashes.clear();
        }
        Ok(())
    }

    /// Writes the partial tiles and the partial bundle that were not there when the tree had `before` entries.
    fn write_partials(&self, before: u64, batch: &mut Batch<'_>) -> Result<(), LedgerError> {
        for (level, hashes) in (0..).zip(&self.levels) {
            if hashes.is_empty() || hashes_at(level, before) == hashes_at(level, self.size) {
                continue;
            }
            let index = hashes_at(level, self.size) / TILE_WIDTH as u64;
            let tile = TileId { kind: Kind::Hashes(level), index, width: hashes.len() };
            if level == 0 {
                batch.write(&TileId { kind: Kind::Entries, ..tile }.name(), &self.bundle)?;
            }
            batch.write(&tile.name(), &tiles::join(hashes))?;
        }
        Ok(())
    }
}
