//! Running the binary as a user does.

pub mod call;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use xtask::servers::{Database, shared};

/// A folder with a data directory in it, and a database where the state is in PostgreSQL.
pub struct Desk {
    pub folder: TempDir,
    database: Option<Database>,
}

/// What a command did.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// Standard output as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Fails the test unless the exit code is this.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}\n{}", self.out, self.err);
        self
    }
}

impl Desk {
    /// With a data directory in which nothing is recorded.
    pub fn new() -> Self {
        Self::bare().made()
    }

    /// Without a data directory.
    pub fn bare() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), database: None }
    }

    fn made(self) -> Self {
        self.run(&["init"]).exits(0);
        self
    }

    /// With the state in a PostgreSQL database of its own.
    pub fn on_postgres() -> Self {
        let server = shared().unwrap().expect("PostgreSQL's programs are installed by `cargo xtask test`");
        let database = server.database("desk_empty", |_| Ok(())).unwrap();
        Self { database: Some(database), ..Self::bare() }.made()
    }

    /// Does the same on each engine.
    pub fn on_each_engine(mut test: impl FnMut(Self)) {
        test(Self::new());
        test(Self::on_postgres());
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn data_dir(&self) -> PathBuf {
        self.path("data")
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The command, with this desk's data directory.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_consentry"));
        command
            .args(arguments)
            .env("CONSENTRY_DATA_DIR", self.data_dir())
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        if let Some(database) = &self.database {
            command.env("CONSENTRY_DATABASE", database.url());
        }
        command
    }

    /// Runs to the end.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        let Output { status, stdout, stderr } = self.command(arguments).output().unwrap();
        Ran {
            code: status.code().unwrap_or(-1),
            out: String::from_utf8(stdout).unwrap(),
            err: String::from_utf8(stderr).unwrap(),
        }
    }

    /// Starts `serve` and waits until it answers.
    pub fn serve(&self) -> Serving {
        self.serve_with(&[])
    }

    /// The same, with more arguments.
    pub fn serve_with(&self, arguments: &[&str]) -> Serving {
        self.serve_at(xtask::servers::free_port().unwrap(), arguments)
    }

    /// The same, with more variables in its environment.
    pub fn serve_with_environment(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Serving {
        self.start(xtask::servers::free_port().unwrap(), arguments, variables)
    }

    /// The same, on a port that somebody knows already.
    pub fn serve_at(&self, port: u16, arguments: &[&str]) -> Serving {
        self.start(port, arguments, &[])
    }

    fn start(&self, port: u16, arguments: &[&str], variables: &[(&str, &str)]) -> Serving {
        let address = format!("127.0.0.1:{port}");
        let mut command = self.command(&[&["serve", "--listen", &address], arguments].concat());
        command.envs(variables.iter().copied());
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let serving = Serving { child, address };
        let answers = || Ok(std::net::TcpStream::connect(&serving.address).is_ok());
        assert!(
            xtask::servers::poll_until(Duration::from_secs(20), answers).unwrap(),
            "serve doesn't answer"
        );
        serving
    }
}

/// A running `serve`; killed when dropped.
pub struct Serving {
    pub child: Child,
    pub address: String,
}

impl Serving {
    /// Its address as a public URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// One request on a connection of its own; the status and the whole answer.
    pub fn ask(&self, method: &str, path: &str, content_type: &str, body: &str) -> (u16, String) {
        ask(&self.address, method, path, content_type, body)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One HTTP request, written by hand so that tests can send what no client would.
pub fn ask(address: &str, method: &str, path: &str, content_type: &str, body: &str) -> (u16, String) {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    (status, answer)
}

/// Whether a file of the workspace is there, by its path from the root.
pub fn workspace_file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}
