//! Writing documents to files, which read as what they were.

use std::path::{Path, PathBuf};

use anyhow::Result;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};
use service::definitions::Version;
use store::private;

use crate::output::fail;

/// What stays as it is in the name of a file.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b' ');
/// Longest name of a file before its end, in bytes.
const NAME_BYTES_MAX: usize = 200;

/// The document with its kind in front, as a file has it.
pub fn with_kind(version: &Version) -> Value {
    let mut members = Map::new();
    members.insert("kind".to_owned(), version.kind.as_str().into());
    if let Value::Object(document) = &version.document {
        members.extend(document.clone());
    }
    Value::Object(members)
}

/// A document as a file's text, and how the file ends: TOML, or JSON where TOML can't say it.
pub fn text(version: &Version) -> (String, &'static str) {
    let document = with_kind(version);
    let read_back = |text: &String| toml::from_str::<Value>(text).is_ok_and(|read| read == document);
    match toml::to_string_pretty(&document).ok().filter(read_back) {
        Some(text) => (text, "toml"),
        None => (format!("{document:#}\n"), "json"),
    }
}

/// The name of a document's file, without its end; no name leads out of the folder.
pub fn file_name(name: &str) -> String {
    let mut file = utf8_percent_encode(name, PLAIN).to_string();
    if file.starts_with('.') {
        file.replace_range(..1, "%2E");
    }
    if file.len() > NAME_BYTES_MAX {
        use sha2::Digest as _;
        let hash = data_encoding::HEXLOWER.encode(&sha2::Sha256::digest(name)[..8]);
        file.truncate(NAME_BYTES_MAX - 17);
        file = format!("{file}-{hash}");
    }
    file
}

/// Writes documents into a folder, one file each, and says which.
pub fn write(folder: &Path, versions: &[Version]) -> Result<Vec<PathBuf>> {
    let mut written = Vec::with_capacity(versions.len());
    for version in versions {
        let within = folder.join(version.kind.as_str());
        let (text, end) = text(version);
        let file = within.join(format!("{}.{end}", file_name(&version.name)));
        let unwritable = |error: std::io::Error| {
            fail(
                format!("{}: can't be written: {}", file.display(), error.kind()),
                "name another folder with --output",
            )
        };
        private::create_dir_all(&within).map_err(unwritable)?;
        private::write(&file, text).map_err(unwritable)?;
        written.push(file);
    }
    Ok(written)
}
