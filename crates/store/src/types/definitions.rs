//! What operators author: documents with versions, and the audiences that address files name.

use consent::Timestamp;

/// What a document describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum DefinitionKind {
    /// How and as whom messages of one channel go out.
    Configuration = 1,
    /// What messages say.
    Content = 2,
    /// Who gets what.
    Campaign = 3,
}

impl DefinitionKind {
    /// All kinds, in the order in which one may name another: a campaign names a configuration and a content.
    pub const ALL: [Self; 3] = [Self::Configuration, Self::Content, Self::Campaign];

    /// Its name outside.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Content => "content",
            Self::Campaign => "campaign",
        }
    }
}

impl std::fmt::Display for DefinitionKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for DefinitionKind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(UnknownKind)
    }
}

/// There is no such kind of document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the kinds are configuration, content and campaign")]
pub struct UnknownKind;

/// How far a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum DefinitionState {
    /// It is well-formed, and wasn't checked further.
    Draft = 1,
    /// Its checks have passed.
    Checked = 2,
    /// Messages go out by it, or went.
    Live = 3,
    /// It is in use no more. Runs that pinned a version go on.
    Archived = 4,
}

impl DefinitionState {
    pub(crate) const ALL: [Self; 4] = [Self::Draft, Self::Checked, Self::Live, Self::Archived];

    /// Its name outside.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Checked => "checked",
            Self::Live => "live",
            Self::Archived => "archived",
        }
    }
}

/// A version to store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDefinition {
    /// What it describes.
    pub kind: DefinitionKind,
    /// Its name, unique among its kind.
    pub name: String,
    /// The version that is current so far; 0 if there is none yet. Any other makes the whole request fail.
    pub expected: i64,
    /// The document, a JSON object.
    pub document: String,
    /// How far it is.
    pub state: DefinitionState,
}

impl NewDefinition {
    /// Bytes of a name.
    pub const NAME_BYTES_MAX: usize = 256;
    /// Bytes of a document.
    pub const DOCUMENT_BYTES_MAX: usize = 16 << 20;
    /// Documents stored at once.
    pub const COUNT_MAX: usize = 1_000;
}

/// Which version of a document is current.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefinitionInfo {
    /// What it describes.
    pub kind: DefinitionKind,
    /// Its name.
    pub name: String,
    /// The current version, from 1.
    pub version: i64,
    /// How far it is.
    pub state: DefinitionState,
    /// When version or state last changed.
    pub changed_at: Timestamp,
}

/// A version of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// Which version is current, and how far the definition is.
    pub current: DefinitionInfo,
    /// This version.
    pub version: i64,
    /// When it was stored.
    pub created_at: Timestamp,
    /// By whom.
    pub actor: String,
    /// The document, a JSON object.
    pub document: String,
}

/// What became of documents that were to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PutDefinitions {
    /// All are stored, in the order in which they were given.
    Stored(Vec<DefinitionInfo>),
    /// None is: somebody changed one of them in the meantime.
    Changed {
        /// Which.
        kind: DefinitionKind,
        /// Which.
        name: String,
        /// The version that is current now; 0 if there is none.
        current: i64,
    },
}

/// Whom an address file names.
#[derive(Clone, Debug, PartialEq)]
pub struct AudienceUpload {
    /// SHA-256 of the file, in hex.
    pub sha256: String,
    /// The channel that it was read for, by its name.
    pub channel: String,
    /// When it was read.
    pub created_at: Timestamp,
    /// What else was found in it, JSON text.
    pub body: String,
    /// Whom.
    pub profiles: roaring::RoaringTreemap,
}
