//! An independent DKIM verifier (RFC 6376, RFC 8463): dkimpy with PyNaCl, from Debian's packages python3-dkim and
//! python3-nacl, run by the system's Python. It shares no code with the signer, and keys are handed to it, so no name server is asked.

use std::io::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use super::skip;

/// Debian's Python, which sees Debian's modules; another one earlier in `PATH` doesn't.
const PYTHON: &str = "/usr/bin/python3";
const SCRIPT: &str = include_str!("dkim.py");

/// One `DKIM-Signature` of a mail and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// `d=`.
    pub domain: String,
    /// `s=`.
    pub selector: String,
    /// `a=`: `rsa-sha256` or `ed25519-sha256`.
    pub algorithm: String,
    /// `h=`: the signed header fields, lower case, in order, doubled where signed twice.
    pub headers: Vec<String>,
    /// Whether it verifies.
    pub valid: bool,
    /// Why it doesn't, where the verifier said more than no.
    pub error: Option<String>,
}

impl Signature {
    /// Whether the header field `name` (any case) is under this signature.
    pub fn covers(&self, name: &str) -> bool {
        self.headers.iter().any(|header| header.eq_ignore_ascii_case(name))
    }
}

/// Verifies all signatures of `mail`, top one first. `records` are the TXT records that exist:
/// `("selector._domainkey.example.com", "v=DKIM1; k=ed25519; p=...")`. `None` when the modules aren't installed.
pub fn verify(mail: &[u8], records: &[(&str, &str)]) -> Result<Option<Vec<Signature>>> {
    if !is_installed() {
        return skip("the DKIM verifier", "Debian's packages python3-dkim and python3-nacl aren't installed");
    }
    let records: serde_json::Map<_, _> =
        records.iter().map(|(name, text)| ((*name).to_owned(), Value::from(*text))).collect();
    let request = json!({ "mail": mail, "records": records });
    let mut child = Command::new(PYTHON)
        .args(["-I", "-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("can't start Python")?;
    // The pipe closes at the end of this statement, which tells the script that its input is whole.
    child.stdin.take().context("Python has no input")?.write_all(request.to_string().as_bytes())?;
    let output = child.wait_with_output()?;
    if !output.status.success() {
        bail!("the DKIM verifier failed ({}), see its message above", output.status);
    }
    let results: Vec<Value> = serde_json::from_slice(&output.stdout)?;
    Ok(Some(results.iter().map(signature).collect()))
}

/// Whether Debian's Python has the two modules.
pub fn is_installed() -> bool {
    Command::new(PYTHON)
        .args(["-I", "-c", "import dkim, nacl.signing"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn signature(result: &Value) -> Signature {
    let text = |key: &str| result[key].as_str().unwrap_or_default().to_owned();
    let headers = result["headers"].as_array().into_iter().flatten();
    Signature {
        domain: text("domain"),
        selector: text("selector"),
        algorithm: text("algorithm"),
        headers: headers.filter_map(Value::as_str).map(str::to_owned).collect(),
        valid: result["valid"] == true,
        error: result["error"].as_str().map(str::to_owned),
    }
}
