//! Signs webhooks as providers of text messages do, with the providers' own Python libraries (`tests/sms/requirements.txt`).
//! Shares no code with the verifier.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use super::skip;
use crate::workspace_root;

/// A process that signs, one line for each request.
#[derive(Debug)]
pub struct TextSigner {
    child: Child,
    pipes: Mutex<(ChildStdin, BufReader<ChildStdout>)>,
}

impl TextSigner {
    /// `None` when the libraries aren't installed.
    pub fn start() -> Result<Option<Self>> {
        if !python().is_file() {
            return skip("the signer of texts", "run `cargo xtask test`, which installs Python packages");
        }
        let mut child = Command::new(python())
            .arg("sign.py")
            .current_dir(folder())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("can't start Python")?;
        let input = child.stdin.take().context("Python has no input")?;
        let output = child.stdout.take().context("Python has no output")?;
        Ok(Some(Self { child, pipes: Mutex::new((input, BufReader::new(output))) }))
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
        let mut pipes = self.pipes.lock().unwrap_or_else(PoisonError::into_inner);
        let (input, output) = &mut *pipes;
        writeln!(input, "{request}")?;
        let mut line = String::new();
        output.read_line(&mut line)?;
        let mut answer: Value = serde_json::from_str(&line).context("the signer of texts ended")?;
        match answer.get("error") {
            Some(error) => bail!("signing failed: {error}"),
            None => Ok(answer["signed"].take()),
        }
    }
}

impl Drop for TextSigner {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
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
