//! The ledger as a transparency log in plain files (promise I6): C2SP [tlog-tiles], [tlog-checkpoint], [signed-note].
//!
//! Leaves are opaque byte strings. They are durable elsewhere (the database) before they come here, so a folder that
//! was lost can be written again, byte for byte: the files depend on the leaves, the origin and the key alone.
//!
//! ```text
//! checkpoint                  origin, size, root hash, Ed25519 signature
//! tile/entries/x001/234       entry bundle: 256 leaves, each behind its length (16 bits, big-endian)
//! tile/entries/x001/235.p/17  the last bundle, while it holds only 17
//! tile/0/x001/234             their 256 leaf hashes (RFC 6962 section 2.1, SHA-256)
//! tile/1/004                  256 hashes, each the root of one full tile below; and so on up
//! ```
//!
//! - [`LedgerWriter`] appends. The order of its writes makes a crash at any point harmless: tiles and bundles are made
//!   durable first, then the checkpoint that names them is replaced atomically. What lies past the checkpoint counts
//!   for nothing and is overwritten later. Partial files are dropped once a checkpoint with wider ones is durable;
//!   [`read_file`] still serves them, cut from the wider file.
//! - [`LedgerReader`] reads entries and makes proofs and [`Receipt`]s, all of one checkpoint.
//! - [`Opening`] tells whoever has it whose an entry is; the leaf doesn't.
//! - [`verify`] checks every byte that the checkpoint covers, from the files alone; [`verify_consistency`] checks that
//!   the ledger continues one whose checkpoint was kept.
//!
//! [tlog-tiles]: https://c2sp.org/tlog-tiles
//! [tlog-checkpoint]: https://c2sp.org/tlog-checkpoint
//! [signed-note]: https://c2sp.org/signed-note

mod checkpoint;
mod error;
mod files;
mod hashes;
mod opening;
mod proof;
mod published;
mod receipt;
#[cfg(test)]
mod tests;
mod tiles;
mod verify;
mod writer;

pub use checkpoint::{Checkpoint, Signer, VerifierKey};
pub use error::LedgerError;
pub use opening::{BLIND_LENGTH, Opening, PSEUDONYM_LENGTH};
pub use proof::{Entries, LedgerReader, check_consistency, verify_consistency, verify_inclusion};
pub use published::{FileName, Published, read_file};
pub use receipt::Receipt;
pub use tiles::LEAF_BYTES_MAX;
/// A SHA-256 hash in the tree; shows as base64.
pub use tlog_tiles::Hash;
pub use verify::{VerifyReport, verify};
pub use writer::LedgerWriter;
