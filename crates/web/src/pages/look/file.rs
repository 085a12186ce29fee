//! What a brand writes, and what is kept of it.

use std::collections::BTreeMap;

use consent::{Timestamp, WorkspaceId};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::{Look, Store, StoreError};

use super::colour::{self, Measured, Mode};
use super::{LookError, logo, texts};
use crate::pages::language::Bundle;

/// Characters of the postal address, of the logo's words and of a label.
const WORDS_CHARS_MAX: usize = 500;
/// Bytes of a link.
const URL_BYTES_MAX: usize = 2048;

/// A look as a brand writes it, and as it is kept. Every part may be absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct LookFile {
    /// Colours in bright surroundings, `#rrggbb` by name.
    pub light: BTreeMap<String, String>,
    /// Colours in dark ones.
    pub dark: BTreeMap<String, String>,
    /// The logo.
    pub logo: Option<LogoFile>,
    /// Below each page, in lines.
    pub postal_address: Option<String>,
    /// Below each page.
    pub privacy: Option<Privacy>,
    /// By language, then by the text's name.
    pub texts: BTreeMap<String, BTreeMap<String, String>>,
}

/// `[logo]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LogoFile {
    /// The file; in what is kept, the asset's name.
    pub file: String,
    /// What it says, for whoever can't see it.
    pub alt: String,
}

/// `[privacy]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Privacy {
    /// `https`.
    pub url: String,
    /// What the link says, by language; `en` stands for those that aren't there.
    pub label: BTreeMap<String, String>,
}

impl Privacy {
    /// What the link says in a language.
    pub(super) fn label(&self, language: &str) -> Option<&str> {
        let own = self.label.get(language).or_else(|| self.label.get("en"));
        own.or_else(|| self.label.values().next()).map(String::as_str)
    }
}

/// A look that passed.
pub struct Checked {
    /// Every pair of colours, with its contrast.
    pub measured: Vec<Measured>,
    /// What goes behind the style of all pages.
    pub(super) css: String,
    pub(super) texts: BTreeMap<String, Bundle>,
}

/// Checks all but the logo's file.
pub fn check(look: &LookFile) -> Result<Checked, LookError> {
    let (light, mut measured) = colour::check(Mode::Light, &look.light)?;
    let (dark, of_dark) = colour::check(Mode::Dark, &look.dark)?;
    measured.extend(of_dark);
    let mut css = String::new();
    if !light.is_empty() {
        css = format!("@media (prefers-color-scheme:light){{:root{{{light}}}}}\n");
    }
    if !dark.is_empty() {
        css += &["@media (prefers-color-scheme:dark){:root{", &dark, "}}\n"].concat();
    }
    if let Some(logo) = &look.logo {
        words("logo.alt", &logo.alt)?;
    }
    if let Some(address) = &look.postal_address {
        words("postal-address", address)?;
    }
    if let Some(privacy) = &look.privacy {
        https("privacy.url", &privacy.url)?;
        if privacy.label.is_empty() {
            return Err(LookError::new("privacy.label is empty", "label.en = \"Privacy notice\""));
        }
        privacy.label.iter().try_for_each(|(tag, label)| words(&format!("privacy.label.{tag}"), label))?;
    }
    let checked = look.texts.iter().map(|(tag, own)| Ok((tag.clone(), texts::check(tag, own)?)));
    Ok(Checked { measured, css, texts: checked.collect::<Result<_, LookError>>()? })
}

/// Checks the bytes of a logo: PNG, JPEG or plain SVG, [`store::Asset::BYTES_MAX`] at most.
pub fn check_logo(bytes: &[u8]) -> Result<(), LookError> {
    logo::check(bytes).map(|_| ())
}

fn words(name: &str, text: &str) -> Result<(), LookError> {
    let plain = text.chars().all(|c| !c.is_control() || c == '\n');
    if plain && !text.trim().is_empty() && text.chars().count() <= WORDS_CHARS_MAX {
        return Ok(());
    }
    Err(LookError::new(
        format!("{name} is empty, longer than {WORDS_CHARS_MAX} characters, or has control characters"),
        "write it in plain words, or leave it out",
    ))
}

/// An absolute `https` URL of a named host, without anything that could end an attribute or a header.
pub(crate) fn https(name: &str, url: &str) -> Result<(), LookError> {
    let host = url.strip_prefix("https://").and_then(|rest| rest.split(['/', '?', '#']).next());
    let named = host.is_some_and(|host| {
        host.starts_with(|c: char| c.is_ascii_alphanumeric())
            && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:".contains(&byte))
    });
    let plain =
        url.len() <= URL_BYTES_MAX && url.bytes().all(|b| b.is_ascii_graphic() && !b"\"'<>\\".contains(&b));
    if named && plain {
        return Ok(());
    }
    Err(LookError::new(
        format!("{name} = {url:?} is no public https address"),
        "write it in full, such as https://www.example.com/privacy",
    ))
}

/// Checks a look and its logo's bytes, and keeps both. In effect on every node within a second.
pub async fn set(
    store: &Store,
    workspace: WorkspaceId,
    mut look: LookFile,
    image: Option<Vec<u8>>,
    at: Timestamp,
) -> Result<Result<Look, LookError>, StoreError> {
    if let Err(error) = check(&look) {
        return Ok(Err(error));
    }
    let mut keep = None;
    if let (Some(logo), Some(bytes)) = (&mut look.logo, image) {
        let (kind, ending) = match logo::check(&bytes) {
            Ok(kind) => kind,
            Err(error) => return Ok(Err(error)),
        };
        // Named by its content: the look that is shown keeps its own logo until the new one stands.
        let name = format!("logo-{}.{ending}", HEXLOWER.encode(&Sha256::digest(&bytes)[..8]));
        store.put_asset(workspace, &name, kind, bytes, at).await?;
        logo.file.clone_from(&name);
        keep = Some(name);
    }
    let body = serde_json::to_string(&look).expect("strings can be written");
    if body.len() > Look::BODY_BYTES_MAX {
        return Ok(Err(LookError::new("the look has more than 512 KiB", "shorten its texts")));
    }
    let kept = store.put_page_look(workspace, &body, at).await?;
    for (name, _) in store.assets(workspace).await? {
        if name.starts_with("logo-") && Some(&name) != keep.as_ref() {
            store.remove_asset(workspace, &name, at).await?;
        }
    }
    Ok(Ok(kept))
}
