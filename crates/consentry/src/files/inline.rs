//! What a document's file names by a path, put in its place: templates and address files; and names for secrets of which it
//! says where they are.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use delivery::InputError;
use delivery::upload::RowsSource;
use serde_json::{Map, Value};
use service::definitions::DefinitionKind;
use sha2::{Digest as _, Sha256};
use wire::secret::SecretPlace;

use super::Loaded;
use super::parse::FILE_BYTES_MAX;

/// A template, and the key under which a file may name it by a path.
const TEMPLATES: [(&str, &str); 2] = [("html", "html_file"), ("text", "text_file")];
/// Tables of a configuration and the keys in them by which a file may say where a secret is, the key of a document, and what the
/// secret is then called.
const SECRETS: [(&str, &str, &str, &str); 6] = [
    ("transport", "password_env", "secret", "password"),
    ("transport", "password_file", "secret", "password"),
    ("transport", "secret_env", "secret", "secret"),
    ("transport", "secret_file", "secret", "secret"),
    ("transport", "ca_file", "ca", "ca"),
    ("dkim", "key_file", "secret", "dkim"),
];

/// What is wrong at a key such as `content.html`, and how to mend it.
pub fn wrong(key: &str, problem: &str, remedy: &str) -> InputError {
    let pointer = key.split('.').filter(|part| !part.is_empty()).map(|part| format!("/{part}")).collect();
    InputError { pointer, problem: problem.to_owned(), remedy: Some(remedy.to_owned()) }
}

/// A file's text, without a byte order mark.
pub fn read(file: &Path) -> Result<String, String> {
    let kind = |error: std::io::Error| format!("can't be read: {}", error.kind());
    if std::fs::metadata(file).map_err(kind)?.len() > FILE_BYTES_MAX {
        return Err("is larger than 4 MiB".to_owned());
    }
    let text = std::fs::read_to_string(file).map_err(kind)?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// Puts what a file names in place. Relative paths are beside the file.
pub struct Inliner<'a> {
    pub file: &'a Path,
    pub loaded: &'a mut Loaded,
    /// Files of configurations that a campaign names: to be read, and named in its document.
    pub follow: Vec<PathBuf>,
}

impl Inliner<'_> {
    fn beside(&self, path: &str) -> PathBuf {
        self.file.parent().unwrap_or(Path::new("")).join(path)
    }

    /// Does so in a document.
    pub fn document(&mut self, kind: DefinitionKind, document: &mut Value) -> Result<(), InputError> {
        let Some(members) = document.as_object_mut() else { return Ok(()) };
        match kind {
            DefinitionKind::Configuration => self.configuration(members),
            DefinitionKind::Content => self.content(members, ""),
            DefinitionKind::Campaign => self.campaign(members),
        }
    }

    fn campaign(&mut self, members: &mut Map<String, Value>) -> Result<(), InputError> {
        if let Some(content) = members.get_mut("content").and_then(Value::as_object_mut) {
            self.content(content, "content.")?;
        }
        let file = members.shift_remove("configuration_file");
        match (file, members.get_mut("configuration")) {
            (Some(Value::String(file)), None) => {
                let file = self.beside(&file);
                self.follow.push(file);
            }
            (None, Some(Value::Object(configuration))) => {
                self.configuration(configuration).map_err(|error| error.under("configuration"))?;
            }
            (None, Some(_)) => {}
            _ => {
                let told = "is missing, or named twice";
                let remedy = "name exactly one of [configuration] and configuration_file";
                return Err(wrong("configuration", told, remedy));
            }
        }
        let Some(audience) = members.get_mut("audience").and_then(Value::as_object_mut) else {
            return Ok(());
        };
        if let Some(Value::String(path)) = audience.get("file") {
            let path = self.beside(path);
            if audience.contains_key("upload") {
                return Err(wrong("audience", "names both a file and an upload", "leave one of the two out"));
            }
            let hash = self.upload(path)?;
            audience.shift_remove("file");
            audience.insert("upload".to_owned(), hash.into());
        }
        Ok(())
    }

    /// Takes an address file, by its hash.
    fn upload(&mut self, path: PathBuf) -> Result<String, InputError> {
        let name = path.display().to_string();
        let unreadable = |error: std::io::Error| {
            wrong(
                "audience.file",
                &format!("{name} can't be read: {}", error.kind()),
                "name a file that is there",
            )
        };
        let mut file = std::fs::File::open(&path).map_err(unreadable)?;
        let (mut hasher, mut buffer) = (Sha256::new(), vec![0; 1 << 16]);
        loop {
            match file.read(&mut buffer).map_err(unreadable)? {
                0 => break,
                read => hasher.update(&buffer[..read]),
            }
        }
        let hash = HEXLOWER.encode(&hasher.finalize());
        let rows = RowsSource::new(&name, move || Ok(Box::new(std::fs::File::open(&path)?)));
        self.loaded.uploads.insert(hash.clone(), rows);
        Ok(hash)
    }

    fn content(&self, members: &mut Map<String, Value>, key: &str) -> Result<(), InputError> {
        if let Some(fallback) = members.get_mut("fallback").and_then(Value::as_object_mut) {
            self.content(fallback, &format!("{key}fallback."))?;
        }
        for (template, by_path) in TEMPLATES {
            let Some(Value::String(path)) = members.get(by_path) else { continue };
            if members.contains_key(template) {
                let told = format!("name only one of {template} and {by_path}");
                return Err(wrong(&format!("{key}{template}"), "is named twice", &told));
            }
            let path = self.beside(path);
            let text = read(&path).map_err(|problem| {
                let told = format!("{} {problem}", path.display());
                wrong(&format!("{key}{by_path}"), &told, "name a file that is there, relative to this one")
            })?;
            replace(members, by_path, template, text.into());
        }
        Ok(())
    }

    fn configuration(&mut self, members: &mut Map<String, Value>) -> Result<(), InputError> {
        let name = members.get("name").and_then(Value::as_str).unwrap_or("configuration").to_owned();
        for (table, by_path, key, called) in SECRETS {
            let tables = match members.get_mut(table) {
                Some(Value::Object(table)) => vec![table],
                Some(Value::Array(tables)) => tables.iter_mut().filter_map(Value::as_object_mut).collect(),
                _ => continue,
            };
            for table_members in tables {
                let Some(Value::String(place)) = table_members.get(by_path) else { continue };
                let place = if by_path.ends_with("_env") {
                    SecretPlace::Env(place.clone())
                } else {
                    let path = self.beside(place);
                    SecretPlace::File(std::path::absolute(&path).unwrap_or(path))
                };
                let at = format!("{table}.{by_path}");
                let same = |other: &&(&str, &str, &str, &str)| {
                    (other.0, other.2) == (table, key)
                        && other.1 != by_path
                        && table_members.contains_key(other.1)
                };
                let other = SECRETS.iter().find(same).map(|other| other.1);
                if let Some(other) = other.or(table_members.contains_key(key).then_some(key)) {
                    let remedy = format!("leave out one of {by_path} and {other}");
                    return Err(wrong(&at, "the same is named twice", &remedy));
                }
                let called = match table_members.get("selector").and_then(Value::as_str) {
                    Some(selector) => format!("{called}-{selector}"),
                    None => called.to_owned(),
                };
                let secret = plain(&format!("{name}.{called}"));
                let before = self.loaded.places.insert(secret.clone(), place.clone());
                if before.is_some_and(|before| before != place) {
                    let remedy = format!("give one of the configurations called {name} another name");
                    return Err(wrong(&at, "is another place than for the same name elsewhere", &remedy));
                }
                replace(table_members, by_path, key, secret.into());
            }
        }
        Ok(())
    }
}

/// A member in place of another one, where that stood.
fn replace(members: &mut Map<String, Value>, old: &str, new: &str, value: Value) {
    let all = std::mem::take(members);
    for (key, before) in all {
        if key == old {
            members.insert(new.to_owned(), value.clone());
        } else {
            members.insert(key, before);
        }
    }
}

/// A name of letters, digits, `-`, `_` and `.`.
fn plain(name: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    name.chars().map(|c| if fits(c) { c } else { '_' }).take(128).collect()
}
