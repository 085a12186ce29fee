//! Data directories to do things to: made once, copied for each round.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;

use super::receiver::{Pace, Receiver};
use super::{Mailing, Person, Product, address, write_csv};

/// Deepest folder in a data directory; the ledger's tiles are the deepest.
const DEPTH_MAX: usize = 12;
/// What all nodes on one database have in common, in each data directory.
const KEY: &str = "master.key";
/// Connections of the run that only brings the links.
const CONNECTIONS: usize = 8;

/// A folder with people in a file and, once filled, a data directory that holds them.
#[derive(Debug)]
pub struct Stage {
    folder: TempDir,
    binary: PathBuf,
    database: Option<String>,
}

impl Stage {
    /// A folder with a CSV of `people`, and an empty data directory.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn new(binary: &Path, people: usize) -> Result<Self> {
        Self::with(binary, people, None)
    }

    /// The same with the state in the PostgreSQL database at `url`, which is empty.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn on_database(binary: &Path, people: usize, url: &str) -> Result<Self> {
        Self::with(binary, people, Some(url.to_owned()))
    }

    fn with(binary: &Path, people: usize, database: Option<String>) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("consentry-chaos-").tempdir()?;
        write_csv(&folder.path().join("people.csv"), people)?;
        let stage = Self { folder, binary: binary.to_owned(), database };
        stage.product().run(&["init"])?.expect(&[0])?;
        Ok(stage)
    }

    /// The people's file.
    pub fn csv(&self) -> PathBuf {
        self.path("people.csv")
    }

    /// A file of this name in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The binary on the data directory that rounds are copied from.
    pub fn product(&self) -> Product {
        let product = Product::new(&self.binary, &self.path("data"));
        match &self.database {
            Some(url) => product.on(url),
            None => product,
        }
    }

    /// Another node, on the database at `url`, which is this stage's or a copy of it. Its data directory is `into`, which must
    /// not be there, and holds the key alone.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn node(&self, into: &Path, url: &str) -> Result<Product> {
        let data = self.path("data");
        fs::create_dir(into)?;
        fs::set_permissions(into, fs::metadata(&data)?.permissions())?;
        fs::copy(data.join(KEY), into.join(KEY)).context("a data directory without a key")?;
        Ok(Product::new(&self.binary, into).on(url))
    }

    /// A folder for one round that goes away by itself.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn round_folder(&self) -> Result<TempDir> {
        Ok(tempfile::Builder::new().prefix("round-").tempdir_in(self.folder.path())?)
    }

    /// Imports the people.
    ///
    /// # Errors
    /// When not all go in.
    pub fn fill(&self) -> Result<()> {
        import(&self.product(), &self.csv()).map(|_| ())
    }

    /// Sends everybody a first campaign and gives the unsubscribe link that each got.
    ///
    /// # Errors
    /// When the campaign doesn't end well.
    pub fn links(&self) -> Result<Links> {
        let receiver = Receiver::start(Pace::default())?;
        let file = self.path("first.toml");
        Mailing::new("first", receiver.port(), CONNECTIONS).write(&file)?;
        self.product().run(&["campaign".as_ref(), "run".as_ref(), file.as_os_str()])?.expect(&[0])?;
        Ok(Links(receiver.links()))
    }

    /// A copy of the data directory at `into`, which must not be there, or on a file system of its own.
    ///
    /// # Errors
    /// When it can't be copied.
    pub fn copy(&self, into: &Path) -> Result<Product> {
        copy_folder(&self.path("data"), into, DEPTH_MAX)?;
        Ok(Product::new(&self.binary, into))
    }

    /// A copy in a folder that goes away by itself.
    ///
    /// # Errors
    /// When it can't be copied.
    pub fn round(&self) -> Result<(TempDir, Product)> {
        let folder = self.round_folder()?;
        let product = self.copy(&folder.path().join("data"))?;
        Ok((folder, product))
    }
}

/// Imports a file to its end and gives the summary.
///
/// # Errors
/// When it fails or a row is rejected.
pub fn import(product: &Product, csv: &Path) -> Result<Summary> {
    let value = product.json(&["import".as_ref(), "profiles".as_ref(), csv.as_os_str()])?;
    let number = |name: &str| value[name].as_u64().with_context(|| format!("import doesn't tell `{name}`"));
    if number("rejected")? != 0 {
        bail!("import rejected {} rows", number("rejected")?);
    }
    Ok(Summary { read: number("read")?, changed: number("created")? + number("updated")? })
}

/// What an import says of itself.
#[derive(Clone, Copy, Debug)]
pub struct Summary {
    /// Rows read.
    pub read: u64,
    /// People created or changed.
    pub changed: u64,
}

/// The path of the unsubscribe link that each person got.
#[derive(Clone, Debug)]
pub struct Links(HashMap<String, String>);

impl Links {
    /// The link of `person`.
    ///
    /// # Errors
    /// When the person got no mail.
    pub fn of(&self, person: Person) -> Result<&str> {
        let link = self.0.get(&address(person)).map(String::as_str);
        link.with_context(|| format!("person {person} got no link"))
    }
}

fn copy_folder(from: &Path, into: &Path, depth_left: usize) -> Result<()> {
    if depth_left == 0 {
        bail!("{} is nested too deep", from.display());
    }
    if !into.exists() {
        fs::create_dir(into)?;
        fs::set_permissions(into, fs::metadata(from)?.permissions())?;
    }
    for entry in fs::read_dir(from)? {
        let (entry, target) = entry.map(|entry| (entry.path(), into.join(entry.file_name())))?;
        if entry.is_dir() {
            copy_folder(&entry, &target, depth_left - 1)?;
        } else {
            fs::copy(&entry, &target).with_context(|| format!("can't copy {}", entry.display()))?;
        }
    }
    Ok(())
}
