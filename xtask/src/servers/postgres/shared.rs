//! One server for all tests of a run, and a database of its own for each. With `cargo test` a run is one test program; with
//! nextest, which starts a process per test, it is the whole run.

use std::fs::{self, File};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Context as _, Result, anyhow};
use serde_json::{Value, json};

use super::server::quoted;
use super::{CLEAN_UP, Cluster, ClusterOptions, Guard, Server, possible, random_hex};

/// nextest gives each run an id of its own, the same to all its tests.
const RUN_ID: &str = "NEXTEST_RUN_ID";
/// Longest run id taken, in bytes; it becomes a folder's name.
const RUN_ID_BYTES_MAX: usize = 64;

/// A server that is started by the first who asks, and stopped when the run ends.
#[derive(Debug)]
pub struct Shared {
    server: Server,
    /// Only one at a time makes a template.
    lock: PathBuf,
    /// Where the server is this process's own; the pipe of its guard closes with the process.
    _cluster: Option<Cluster>,
}

impl Deref for Shared {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

/// A database for one test; dropped with it.
#[derive(Debug)]
pub struct Database {
    server: Server,
    name: String,
}

/// The server of this run. `None` without PostgreSQL's programs.
///
/// # Errors
/// When it doesn't start.
pub fn shared() -> Result<Option<&'static Shared>> {
    static SHARED: OnceLock<Result<Option<Shared>, String>> = OnceLock::new();
    match SHARED.get_or_init(|| Shared::find_or_start().map_err(|error| format!("{error:#}"))) {
        Ok(shared) => Ok(shared.as_ref()),
        Err(error) => Err(anyhow!("{error}")),
    }
}

impl Shared {
    fn find_or_start() -> Result<Option<Self>> {
        let Some(()) = possible()? else { return Ok(None) };
        let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
        let id = std::env::var(RUN_ID).ok();
        let Some(id) = id.filter(|id| id.len() <= RUN_ID_BYTES_MAX && id.chars().all(plain)) else {
            let Some(cluster) = Cluster::start(&ClusterOptions::for_tests())? else { return Ok(None) };
            let lock = cluster.folder().join("lock");
            return Ok(Some(Self { server: cluster.server.clone(), lock, _cluster: Some(cluster) }));
        };
        let folder = std::env::temp_dir().join(format!("consentry-postgres-{id}"));
        fs::create_dir_all(&folder)?;
        let lock = folder.join("lock");
        let _locked = locked(&lock)?;
        let file = folder.join("server.json");
        let server = match fs::read(&file) {
            Ok(text) => read(&serde_json::from_slice(&text)?).context("server.json isn't complete")?,
            Err(_) => start_for_run(&folder, &file)?,
        };
        Ok(Some(Self { server, lock, _cluster: None }))
    }

    /// A database of its own, copied from `template`. Who asks first for that template has it made by `prepare`, which gets the
    /// URL of an empty database and closes every connection to it.
    ///
    /// # Errors
    /// When `prepare` fails, or the server isn't there.
    pub fn database(&self, template: &str, prepare: impl FnOnce(&str) -> Result<()>) -> Result<Database> {
        self.make_template(template, prepare).context("can't prepare the template")?;
        let name = format!("t_{}", random_hex(8)?);
        self.create_database(&name, template)?;
        Ok(Database { server: self.server.clone(), name })
    }

    fn make_template(&self, name: &str, prepare: impl FnOnce(&str) -> Result<()>) -> Result<()> {
        let _locked = locked(&self.lock)?;
        let quoted_name = quoted(name)?;
        let exists = format!("SELECT EXISTS (SELECT FROM pg_database WHERE datname = '{name}')");
        if self.psql(&exists)? == "t" {
            return Ok(());
        }
        // Under its name it is only found once it is complete.
        let unfinished = format!("{name}_unfinished");
        self.drop_database(&unfinished)?;
        self.create_database(&unfinished, "template0")?;
        prepare(&self.url(&unfinished))?;
        self.psql(&format!("ALTER DATABASE {} RENAME TO {quoted_name}", quoted(&unfinished)?)).map(drop)
    }
}

/// Waits for the lock; it is free again when the file is dropped.
fn locked(file: &Path) -> Result<File> {
    let file = File::create(file)?;
    file.lock().context("can't lock")?;
    Ok(file)
}

/// Starts a server that runs until the process that started ours, which is nextest, has ended.
fn start_for_run(folder: &Path, file: &Path) -> Result<Server> {
    let own = tempfile::Builder::new().prefix("server-").tempdir_in(folder)?.keep();
    let mut server = Server::new(&own, false)?;
    server.own(folder)?;
    server.own(&own)?;
    let run = std::os::unix::process::parent_id();
    Guard::outlive(run, server.user(), CLEAN_UP, &[own.as_os_str(), folder.as_os_str()])?;
    server.make(&ClusterOptions::for_tests())?;
    server.start_on_free_port()?;
    let description = json!({ "folder": own, "port": server.port(), "password": server.password() });
    fs::write(file, description.to_string())?;
    Ok(server)
}

fn read(value: &Value) -> Option<Server> {
    let port = u16::try_from(value["port"].as_u64()?).ok()?;
    Some(Server::known(
        Path::new(value["folder"].as_str()?),
        port,
        value["password"].as_str()?.to_owned(),
        false,
    ))
}

impl Database {
    /// Where a client finds it.
    pub fn url(&self) -> String {
        self.server.url(&self.name)
    }

    /// Its name on the server.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What `sql` answers in it: rows as lines, columns with `|` between them.
    ///
    /// # Errors
    /// When the server refuses the statement.
    pub fn psql(&self, sql: &str) -> Result<String> {
        self.server.psql_in(&self.name, sql)
    }

    /// A copy of it as it is now; nobody may be connected to it meanwhile.
    ///
    /// # Errors
    /// When somebody is.
    pub fn copy(&self) -> Result<Self> {
        let name = format!("t_{}", random_hex(8)?);
        self.server.create_database(&name, &self.name)?;
        Ok(Self { server: self.server.clone(), name })
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Err(error) = self.server.drop_database(&self.name) {
            eprintln!("a test's database stays until the server goes: {error:#}");
        }
    }
}
