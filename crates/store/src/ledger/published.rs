//! The log for its clients, file by file.

use super::{
    Checkpoint, LedgerError,
    checkpoint::CHECKPOINT_FILE,
    tiles::{Kind, TileId},
};
use std::path::Path;

/// A file that a client of the log may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileName(Content);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    Checkpoint,
    Tile(TileId),
}

impl FileName {
    /// Reads a C2SP name (`checkpoint`, `tile/0/x001/234.p/17`, ...); one that is spelled any other way names nothing.
    pub fn parse(name: &str) -> Option<Self> {
        if name == CHECKPOINT_FILE {
            return Some(Self(Content::Checkpoint));
        }
        TileId::parse(name).map(|tile| Self(Content::Tile(tile)))
    }

    /// Whether it holds entries, rather than hashes of them.
    pub fn holds_entries(self) -> bool {
        matches!(self.0, Content::Tile(TileId { kind: Kind::Entries, .. }))
    }

    /// Whether it never changes: a full tile.
    pub fn is_final(self) -> bool {
        matches!(self.0, Content::Tile(tile) if !tile.is_partial())
    }

    /// Whether it is text.
    pub fn is_text(self) -> bool {
        self.0 == Content::Checkpoint
    }
}

/// The log as of one checkpoint. What lies past that isn't there.
#[derive(Clone, Debug)]
pub struct Published {
    checkpoint: Checkpoint,
}

impl Published {
    /// As of the present checkpoint; `None` when there is none.
    pub fn now(dir: &Path) -> Result<Option<Self>, LedgerError> {
        Ok(Checkpoint::read(dir, None)?.map(|checkpoint| Self { checkpoint }))
    }

    /// A file; `None` if it isn't there.
    pub fn read(&self, dir: &Path, name: FileName) -> Result<Option<Vec<u8>>, LedgerError> {
        let tile = match name.0 {
            Content::Checkpoint => return Ok(Some(self.checkpoint.text().into())),
            Content::Tile(tile) => tile,
        };
        match TileId::in_tree(tile.kind, tile.index, self.checkpoint.size()) {
            Some(published) if tile.width <= published.width => tile.read(dir).map(Some),
            _ => Ok(None),
        }
    }
}

/// A file of the log as it is now, by its C2SP name. `None` if there is no such file.
pub fn read_file(dir: &Path, name: &str) -> Result<Option<Vec<u8>>, LedgerError> {
    match (FileName::parse(name), Published::now(dir)?) {
        (Some(name), Some(published)) => published.read(dir, name),
        _ => Ok(None),
    }
}
