//! Providers of text messages, played with their own Python libraries (`tests/sms/requirements.txt`): signing webhooks as they
//! do, and taking what is sent. Shares no code with what is tested.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use super::skip;
use crate::workspace_root;

/// A script that answers a line for each line it gets; ended when dropped.
#[derive(Debug)]
struct Script {
    child: Child,
    pipes: Mutex<(ChildStdin, BufReader<ChildStdout>)>,
}

impl Script {
    /// `None` when the libraries aren't installed.
    fn start(name: &str) -> Result<Option<Self>> {
        if !python().is_file() {
            return skip("providers of texts", "run `cargo xtask test`, which installs Python packages");
        }
        let mut child = Command::new(python())
            .arg(name)
            .current_dir(folder())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("can't start Python")?;
        let input = child.stdin.take().context("Python has no input")?;
        let output = child.stdout.take().context("Python has no output")?;
        Ok(Some(Self { child, pipes: Mutex::new((input, BufReader::new(output))) }))
    }

    /// The next line of its output.
    fn says(&self) -> Result<Value> {
        let mut pipes = self.pipes.lock().unwrap_or_else(PoisonError::into_inner);
        read(&mut pipes.1)
    }

    fn ask(&self, request: &Value) -> Result<Value> {
        let mut pipes = self.pipes.lock().unwrap_or_else(PoisonError::into_inner);
        let (input, output) = &mut *pipes;
        writeln!(input, "{request}")?;
        let answer = read(output)?;
        match answer.get("error") {
            Some(error) => bail!("a provider's library: {error}"),
            None => Ok(answer),
        }
    }
}

fn read(output: &mut BufReader<ChildStdout>) -> Result<Value> {
    let mut line = String::new();
    output.read_line(&mut line)?;
    serde_json::from_str(&line).context("the script that plays providers of texts ended")
}

impl Drop for Script {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Takes texts as the providers do, on a port of its own: `tests/sms/accept.py` says which numbers it refuses.
#[derive(Debug)]
pub struct TextProviders {
    script: Script,
    port: u64,
}

impl TextProviders {
    /// `None` when the libraries aren't installed.
    ///
    /// # Errors
    /// When it doesn't start.
    pub fn start() -> Result<Option<Self>> {
        let Some(script) = Script::start("accept.py")? else { return Ok(None) };
        let port = script.says()?["port"].as_u64().context("no port")?;
        Ok(Some(Self { script, port }))
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The requests since it was last asked: path, authentication, type, fields, and what is wrong with it, if anything.
    ///
    /// # Errors
    /// When it has ended.
    pub fn requests(&self) -> Result<Vec<Value>> {
        self.asked(&json!({ "ask": "requests" }))
    }

    /// Has the provider's own library send a text: `provider`, `account`, `secret`, `from`, `to`, `body`, `reference` and
    /// `callback`. The requests since it was last asked.
    ///
    /// # Errors
    /// When the library can't.
    pub fn send(&self, text: &Value) -> Result<Vec<Value>> {
        let mut asked = text.clone();
        asked["ask"] = json!("send");
        self.asked(&asked)
    }

    fn asked(&self, request: &Value) -> Result<Vec<Value>> {
        match self.script.ask(request)?["requests"].take() {
            Value::Array(requests) => Ok(requests),
            _ => bail!("no requests"),
        }
    }
}

/// Signs, one line for each request.
#[derive(Debug)]
pub struct TextSigner(Script);

impl TextSigner {
    /// `None` when the libraries aren't installed.
    pub fn start() -> Result<Option<Self>> {
        Ok(Script::start("sign.py")?.map(Self))
    }

    /// The headers of a request whose `body` is signed at `at`, in seconds: `sinch`, `telnyx`, `vonage`, `meta`.
    pub fn headers(
        &self,
        provider: &str,
        secret: &str,
        body: &str,
        at: u64,
    ) -> Result<Vec<(String, String)>> {
        headers(&self.ask(&json!({ "provider": provider, "secret": secret, "body": body, "at": at }))?)
    }

    /// Twilio's header for a form.
    pub fn twilio(&self, secret: &str, url: &str, fields: &[(&str, &str)]) -> Result<Vec<(String, String)>> {
        let fields: serde_json::Map<String, Value> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect();
        headers(&self.ask(&json!({ "provider": "twilio", "secret": secret, "url": url, "fields": fields }))?)
    }

    /// Twilio's header for a body of JSON, whose digest stands in the URL.
    pub fn twilio_json(&self, secret: &str, url: &str, body: &str) -> Result<Vec<(String, String)>> {
        headers(&self.ask(&json!({ "provider": "twilio", "secret": secret, "url": url, "body": body }))?)
    }

    /// The fields of a request of Vonage's SMS API, with time and signature.
    pub fn vonage_fields(
        &self,
        secret: &str,
        fields: &[(&str, &str)],
        at: u64,
    ) -> Result<Vec<(String, String)>> {
        let fields: serde_json::Map<String, Value> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect();
        let request = json!({ "provider": "vonage_fields", "secret": secret, "fields": fields, "at": at });
        headers(&self.ask(&request)?["fields"])
    }

    /// The public key, as Telnyx shows it, of the key that [`Self::headers`] makes of `secret`.
    pub fn telnyx_key(&self, secret: &str) -> Result<String> {
        let answer = self.ask(&json!({ "provider": "public_key", "secret": secret }))?;
        answer["key"].as_str().map(str::to_owned).context("no key")
    }

    fn ask(&self, request: &Value) -> Result<Value> {
        Ok(self.0.ask(request)?["signed"].take())
    }
}

fn headers(signed: &Value) -> Result<Vec<(String, String)>> {
    let members = signed.as_object().context("nothing was signed")?;
    Ok(members
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
        .collect())
}

/// Where the script and its list of packages are.
pub(crate) fn folder() -> PathBuf {
    workspace_root().join("tests/sms")
}

/// The Python that sees the packages.
pub fn python() -> PathBuf {
    folder().join(".venv/bin/python")
}
