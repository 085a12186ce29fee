//! Tiles and entry bundles: their names, their widths and how they are read (C2SP tlog-tiles).

use super::LedgerError;
use std::{
    fs::{self, File},
    io::{ErrorKind, Read as _},
    path::Path,
};
use tlog_tiles::{HASH_SIZE, Hash, Tile};

/// Longest leaf in bytes: its length is written with 16 bits.
pub const LEAF_BYTES_MAX: usize = u16::MAX as usize;
/// Height of a tile: a full one is 2^8 hashes wide.
pub(super) const TILE_HEIGHT: u8 = 8;
/// Width of a full tile or bundle.
pub(super) const TILE_WIDTH: usize = 1 << TILE_HEIGHT;
/// Bytes before each leaf in a bundle, its length.
const LENGTH_BYTES: usize = 2;
/// Largest bundle in bytes.
const BUNDLE_BYTES_MAX: usize = TILE_WIDTH * (LENGTH_BYTES + LEAF_BYTES_MAX);
/// How often a wider file is looked for: a writer may replace that one too between finding and opening it.
const READ_ATTEMPTS: usize = 3;
/// Longest name of a file: `tile/entries/`, seven groups for a 64-bit index, `.p/255`.
const NAME_BYTES_MAX: usize = 64;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Leaves.
    Entries,
    /// Hashes of this tile level.
    Hashes(u8),
}

/// One file under `tile/`: the `index`-th of its kind, `width` entries or hashes wide (1 to 256).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TileId {
    pub kind: Kind,
    pub index: u64,
    pub width: usize,
}

impl TileId {
    pub fn full(kind: Kind, index: u64) -> Self {
        Self { kind, index, width: TILE_WIDTH }
    }

    /// Tile `index` as it is in a tree of `size` entries; `None` if the tree does not reach it.
    pub fn in_tree(kind: Kind, index: u64, size: u64) -> Option<Self> {
        let hashes = hashes_at(kind.level(), size);
        let width = hashes.checked_sub(index.checked_mul(TILE_WIDTH as u64)?)?.min(TILE_WIDTH as u64);
        (width > 0).then(|| Self { kind, index, width: usize::try_from(width).expect("at most 256") })
    }

    /// Whether this is a partial tile.
    pub fn is_partial(self) -> bool {
        self.width < TILE_WIDTH
    }

    /// The name of the file, relative to the ledger's folder.
    pub fn name(self) -> String {
        if self.is_partial() { format!("{}/{}", self.partial_dir(), self.width) } else { self.stem() }
    }

    /// The folder in which the partial tiles of this index lie.
    pub fn partial_dir(self) -> String {
        format!("{}.p", self.stem())
    }

    fn stem(self) -> String {
        let mut groups = format!("{:03}", self.index % 1000);
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups = format!("x{:03}/{groups}", rest % 1000);
            rest /= 1000;
        }
        match self.kind {
            Kind::Entries => format!("tile/entries/{groups}"),
            Kind::Hashes(level) => format!("tile/{level}/{groups}"),
        }
    }

    /// Reads a name as this module writes it; any other spelling gives `None`.
    pub fn parse(name: &str) -> Option<Self> {
        if name.len() > NAME_BYTES_MAX {
            return None;
        }
        let (kind, rest) = name.strip_prefix("tile/")?.split_once('/')?;
        let kind = if kind == "entries" { Kind::Entries } else { Kind::Hashes(kind.parse().ok()?) };
        let (groups, width) = match rest.split_once(".p/") {
            Some((groups, width)) => {
                (groups, width.parse().ok().filter(|width| (1..TILE_WIDTH).contains(width))?)
            }
            None => (rest, TILE_WIDTH),
        };
        let index = groups.split('/').try_fold(0_u64, |index, group| {
            let digits: u64 = group.trim_start_matches('x').parse().ok()?;
            index.checked_mul(1000)?.checked_add(digits)
        })?;
        let id = Self { kind, index, width };
        (id.name() == name).then_some(id)
    }

    /// Reads the file; if it is gone because a wider one took its place, the same bytes are cut from that one.
    pub fn read(self, dir: &Path) -> Result<Vec<u8>, LedgerError> {
        if let Some(bytes) = self.read_exactly(dir)? {
            return Ok(bytes);
        }
        for _ in 0..if self.is_partial() { READ_ATTEMPTS } else { 0 } {
            for wider in self.wider(dir) {
                if let Some(mut bytes) = wider.read_exactly(dir)?
                    && let Some(length) = self.prefix_length(&bytes)
                {
                    bytes.truncate(length);
                    return Ok(bytes);
                }
            }
        }
        Err(LedgerError::Missing { file: self.name() })
    }

    /// The wider tiles of the same index that may be there, narrowest first.
    fn wider(self, dir: &Path) -> impl Iterator<Item = Self> {
        let mut widths = vec![TILE_WIDTH];
        if let Ok(files) = fs::read_dir(dir.join(self.partial_dir())) {
            widths.extend(files.filter_map(|file| file.ok()?.file_name().to_str()?.parse::<usize>().ok()));
        }
        widths.retain(|width| (self.width + 1..=TILE_WIDTH).contains(width));
        widths.sort_unstable();
        widths.into_iter().map(move |width| Self { width, ..self })
    }

    fn read_exactly(self, dir: &Path) -> Result<Option<Vec<u8>>, LedgerError> {
        let limit = match self.kind {
            Kind::Entries => BUNDLE_BYTES_MAX,
            Kind::Hashes(_) => self.width * HASH_SIZE,
        };
        let name = self.name();
        let file = match File::open(dir.join(&name)) {
            Ok(file) => file,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            Err(error) => return Err(LedgerError::io("open", &name)(error)),
        };
        let mut bytes = Vec::with_capacity(TILE_WIDTH * HASH_SIZE + 1);
        file.take(limit as u64 + 1).read_to_end(&mut bytes).map_err(LedgerError::io("read", &name))?;
        Ok(Some(bytes))
    }

    /// How many of the bytes of a wider file make up this one.
    fn prefix_length(self, bytes: &[u8]) -> Option<usize> {
        match self.kind {
            Kind::Hashes(_) => Some(self.width * HASH_SIZE).filter(|length| *length <= bytes.len()),
            Kind::Entries => {
                let mut rest = bytes;
                for _ in 0..self.width {
                    rest = split_entry(rest)?.1;
                }
                Some(bytes.len() - rest.len())
            }
        }
    }

    /// Reads a tile of hashes; a wrong length is damage.
    pub fn read_hashes(self, dir: &Path) -> Result<Vec<u8>, LedgerError> {
        let bytes = self.read(dir)?;
        if bytes.len() != self.width * HASH_SIZE {
            return Err(self.damaged(None, "its length is wrong"));
        }
        Ok(bytes)
    }

    /// Splits a bundle into its leaves; anything but exactly `width` leaves is damage.
    pub fn split(self, bytes: &[u8]) -> Result<Vec<&[u8]>, LedgerError> {
        let mut leaves = Vec::with_capacity(self.width);
        let mut rest = bytes;
        while leaves.len() < self.width {
            let Some((leaf, after)) = split_entry(rest) else {
                let index = self.index * TILE_WIDTH as u64 + leaves.len() as u64;
                return Err(self.damaged(Some(index), "it ends too early"));
            };
            leaves.push(leaf);
            rest = after;
        }
        if rest.is_empty() { Ok(leaves) } else { Err(self.damaged(None, "bytes follow its last entry")) }
    }

    pub fn damaged(self, index: Option<u64>, what: &'static str) -> LedgerError {
        LedgerError::Damaged { file: self.name(), index, what }
    }
}

impl Kind {
    /// The tile level whose hashes line up with this kind; entries line up with level 0.
    fn level(self) -> u8 {
        match self {
            Self::Entries => 0,
            Self::Hashes(level) => level,
        }
    }
}

/// How many hashes tile level `level` holds in a tree of `size` entries.
pub(super) fn hashes_at(level: u8, size: u64) -> u64 {
    size.checked_shr(u32::from(level) * u32::from(TILE_HEIGHT)).unwrap_or(0)
}

/// Number of tile levels in a tree of `size` entries.
pub(super) fn level_count(size: u64) -> u8 {
    (0..TILE_HEIGHT).take_while(|level| hashes_at(*level, size) > 0).count().try_into().expect("at most 8")
}

/// Root of a tree from the hashes at its right edge: for each tile level, lowest first, those of its partial tile.
pub(super) fn root_of(levels: &[Vec<Hash>]) -> Hash {
    let mut root = None;
    for hashes in levels {
        let mut end = hashes.len();
        while end > 0 {
            let start = end - (1 << end.trailing_zeros());
            let left = subtree_hash(&hashes[start..end]);
            root = Some(root.map_or(left, |right| tlog_tiles::node_hash(left, right)));
            end = start;
        }
    }
    root.unwrap_or(tlog_tiles::EMPTY_HASH)
}

/// Root of a complete subtree over a power of two of hashes.
pub(super) fn subtree_hash(hashes: &[Hash]) -> Hash {
    Tile::subtree_hash(&join(hashes))
}

/// The bytes of a tile.
pub(super) fn join(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

/// The hashes of a tile.
pub(super) fn hashes_of(bytes: &[u8]) -> Vec<Hash> {
    bytes
        .chunks_exact(HASH_SIZE)
        .map(|hash| Hash(hash.try_into().expect("chunks are as long as a hash")))
        .collect()
}

fn split_entry(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<LENGTH_BYTES>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}
