//! Where secrets are that documents call by name: in an environment variable of that name, where the server's file says, or where
//! a document's file said, which this data directory remembers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use anyhow::Result;
use serde::{Deserialize, Serialize};
use store::private;
use wire::secret::{SecretPlace, Secrets};

use crate::output::fail;

/// The file in the data directory that remembers.
const NOTES: &str = "secrets.toml";
/// What it begins with.
const HEAD: &str = "# Where secrets are that definitions call by name. Written where a file that is applied or run says so; the\n\
     # secrets themselves aren't here. The server's file ([secrets]) and CONSENTRY_SECRET_NAME come first.\n\n";

/// Where the server's file says that a secret is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum NamedSecret {
    /// In an environment variable.
    Env(String),
    /// In a file, relative to the server's.
    File(PathBuf),
}

/// What of the server's file is read here.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ServerFile {
    secrets: BTreeMap<String, NamedSecret>,
}

/// The file that remembers.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Notes {
    secrets: BTreeMap<String, NamedSecret>,
}

/// All that is known of secrets here.
#[derive(Clone, Debug)]
pub struct KnownSecrets {
    dir: Arc<Path>,
    /// The server's file, if one is named.
    server_file: Option<PathBuf>,
    said: Arc<OnceLock<BTreeMap<String, SecretPlace>>>,
    /// Said by a file that is being used.
    local: BTreeMap<String, SecretPlace>,
}

impl KnownSecrets {
    /// Those of a data directory and of a server's file.
    pub fn new(dir: Arc<Path>, server_file: Option<PathBuf>) -> Self {
        Self { dir, server_file, said: Arc::default(), local: BTreeMap::new() }
    }

    /// The same, and those of which a file says where they are.
    #[must_use]
    pub fn with(&self, places: &BTreeMap<String, SecretPlace>) -> Self {
        let mut local = self.local.clone();
        local.extend(places.clone());
        Self { local, ..self.clone() }
    }

    /// What the server's file says. One that can't be read says nothing: whoever needs it then hears which secret is missing.
    fn said(&self) -> &BTreeMap<String, SecretPlace> {
        self.said.get_or_init(|| {
            let Some(file) = &self.server_file else { return BTreeMap::new() };
            let text = std::fs::read_to_string(file).unwrap_or_default();
            match toml::from_str::<ServerFile>(&text) {
                Ok(read) => places(&read.secrets, file.parent().unwrap_or(Path::new(""))),
                Err(error) => {
                    let (file, error) = (file.display(), error.message());
                    tracing::warn!("{file}: no secret is looked up in it: {error}");
                    BTreeMap::new()
                }
            }
        })
    }
}

/// Places as a file in a folder names them.
fn places(secrets: &BTreeMap<String, NamedSecret>, folder: &Path) -> BTreeMap<String, SecretPlace> {
    let place = |secret: &NamedSecret| match secret {
        NamedSecret::Env(variable) => SecretPlace::Env(variable.clone()),
        NamedSecret::File(path) => {
            let path = folder.join(path);
            SecretPlace::File(std::path::absolute(&path).unwrap_or(path))
        }
    };
    secrets.iter().map(|(name, secret)| (name.clone(), place(secret))).collect()
}

impl Secrets for KnownSecrets {
    fn place(&self, name: &str) -> Option<SecretPlace> {
        let variable = delivery::secret_variable(name);
        if std::env::var_os(&variable).is_some_and(|value| !value.is_empty()) {
            return Some(SecretPlace::Env(variable));
        }
        if let Some(place) = self.said().get(name) {
            return Some(place.clone());
        }
        let noted = || places(&read(&self.dir).unwrap_or_default().secrets, &self.dir).remove(name);
        self.local.get(name).cloned().or_else(noted)
    }
}

fn read(dir: &Path) -> Option<Notes> {
    toml::from_str(&std::fs::read_to_string(dir.join(NOTES)).ok()?).ok()
}

/// Remembers where the secrets of a file are, so that a later command or `serve` finds them.
pub fn note(dir: &Path, places: &BTreeMap<String, SecretPlace>) -> Result<()> {
    let mut notes = read(dir).unwrap_or_default();
    let before = notes.secrets.clone();
    notes.secrets.extend(places.iter().map(|(name, place)| {
        let place = match place {
            SecretPlace::Env(variable) => NamedSecret::Env(variable.clone()),
            SecretPlace::File(path) => NamedSecret::File(path.clone()),
        };
        (name.clone(), place)
    }));
    if notes.secrets == before {
        return Ok(());
    }
    let file = dir.join(NOTES);
    let unwritable = |error: &dyn std::fmt::Display| {
        fail(
            format!("{}: can't be written: {error}", file.display()),
            "check the data directory's permissions and space",
        )
    };
    let text = toml::to_string(&notes).map_err(|error| unwritable(&error))?;
    // In one piece: whoever reads it at this moment reads the one or the other.
    let fresh = dir.join(format!("{NOTES}.{}", std::process::id()));
    private::write(&fresh, format!("{HEAD}{text}")).map_err(|error| unwritable(&error))?;
    std::fs::rename(&fresh, &file).map_err(|error| unwritable(&error))
}

/// Takes what is remembered into a copy of the data directory.
pub fn back_up(dir: &Path, into: &Path) -> Result<()> {
    let (from, into) = (dir.join(NOTES), into.join(NOTES));
    match private::copy(&from, &into) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(fail(
            format!("{}: can't be copied: {error}", from.display()),
            "copy it by hand into the backup",
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_where_the_server_s_file_says_then_where_a_path_led() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("consentry.toml");
        std::fs::write(&file, "[secrets]\n\"a\" = { file = \"a.pem\" }\nb = { env = \"B\" }\n").unwrap();
        let known = KnownSecrets::new(dir.path().into(), Some(file));
        let path = |name: &str| dir.path().join(name);
        let at = |known: &KnownSecrets, name: &str| known.place(name);
        assert_eq!(at(&known, "a"), Some(SecretPlace::File(path("a.pem"))));
        assert_eq!(at(&known, "b"), Some(SecretPlace::Env("B".to_owned())));
        assert_eq!(at(&known, "c"), None);
        let file = |name: &str| SecretPlace::File(path(name));
        let places: BTreeMap<_, _> = ["a", "c"].map(|name| (name.to_owned(), file("noted"))).into();
        note(dir.path(), &places).unwrap();
        let variable = SecretPlace::Env("D".to_owned());
        note(dir.path(), &[("d.dkim-s1".to_owned(), variable.clone())].into()).unwrap();
        assert_eq!(at(&known, "a"), Some(SecretPlace::File(path("a.pem"))));
        assert_eq!(at(&known, "c"), Some(SecretPlace::File(path("noted"))));
        assert_eq!(at(&known, "d.dkim-s1"), Some(variable));
        let local = known.with(&[("c".to_owned(), file("local"))].into());
        assert_eq!(at(&local, "c"), Some(SecretPlace::File(path("local"))));
        let text = std::fs::read_to_string(path(NOTES)).unwrap();
        assert!(text.starts_with("# Where secrets are"), "{text}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(path(NOTES)).unwrap().permissions().mode() & 0o077, 0);
        }
    }
}
