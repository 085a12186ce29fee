//! How the public pages look, and the brand's own pages.

use consent::Timestamp;

/// How pages look, as the web part writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Grows with each change of the look or of an asset; 0 before the first.
    pub version: i64,
    /// A JSON object; empty before the first.
    pub body: String,
}

impl Look {
    /// Bytes of [`Self::body`].
    pub const BODY_BYTES_MAX: usize = 512 << 10;
}

/// A file that pages show, such as a logo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asset {
    /// SHA-256 of its bytes.
    pub hash: [u8; 32],
    /// Its media type.
    pub content_type: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl Asset {
    /// Bytes of [`Self::bytes`].
    pub const BYTES_MAX: usize = 64 << 10;
    /// Assets of a workspace.
    pub const COUNT_MAX: usize = 16;
    /// Bytes of an asset's name, of the characters a-z, A-Z, 0-9, `_`, `-`, `.`.
    pub const NAME_LENGTH_MAX: usize = 64;
    /// Bytes of [`Self::content_type`].
    pub const CONTENT_TYPE_LENGTH_MAX: usize = 128;
}

/// Id of a landing page, the same for all of its versions. Below 2^42, see [`consent::Token::reference`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LandingPageId(pub i64);

/// A version of a landing page to keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLandingPage {
    /// Unique name: 1 to 64 of the characters a-z, A-Z, 0-9, `_`, `-`, `.`.
    pub name: String,
    /// A JSON object, as the web part writes it.
    pub body: String,
    /// When it isn't shown any more.
    pub expires_at: Option<Timestamp>,
    /// When it was made.
    pub at: Timestamp,
}

/// Where a version stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LandingState {
    /// Never shown yet.
    Draft,
    /// Shown.
    Published,
    /// Shown once.
    Unpublished,
}

/// A version of a landing page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LandingPage {
    /// The page's id.
    pub id: LandingPageId,
    /// The page's name.
    pub name: String,
    /// 1, 2, ...
    pub version: i64,
    /// Where it stands.
    pub state: LandingState,
    /// See [`NewLandingPage::body`].
    pub body: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last published.
    pub published_at: Option<Timestamp>,
    /// When it isn't shown any more.
    pub expires_at: Option<Timestamp>,
}

impl LandingPage {
    /// Bytes of [`Self::body`].
    pub const BODY_BYTES_MAX: usize = 1 << 20;
    /// Landing pages of a workspace.
    pub const COUNT_MAX: usize = 1_000;
    /// Versions that are kept of one, the published one besides.
    pub const VERSIONS_MAX: i64 = 50;
}

/// A landing page among all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LandingPageInfo {
    /// Its id.
    pub id: LandingPageId,
    /// Its name.
    pub name: String,
    /// Its latest version.
    pub latest: i64,
    /// The version that is shown.
    pub published: Option<i64>,
}
