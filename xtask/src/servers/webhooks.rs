//! Signs webhooks as relay services do, with Node's OpenSSL, and has the services' own libraries check what was signed
//! (Amazon's `sns-validator`, SendGrid's `@sendgrid/eventwebhook`). Shares no code with the verifier.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{find_program, output_of, skip};
use crate::workspace_root;

/// Where SNS's messages say that their certificate is.
const CERTIFICATE_URL: &str =
    "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem";

/// Keys of its own, and the script that signs with them.
#[derive(Debug)]
pub struct Signer {
    node: PathBuf,
    keys: TempDir,
}

impl Signer {
    /// `None` when Node, OpenSSL or the packages of `tests/webhooks` are missing.
    pub fn find() -> Result<Option<Self>> {
        let what = "the signer of webhooks";
        let Some(node) = find_program("node") else { return skip(what, "Node isn't installed") };
        if find_program("openssl").is_none() {
            return skip(what, "Debian's package openssl isn't installed");
        }
        if !folder().join("node_modules/sns-validator").is_dir() {
            return skip(what, "run `npm ci` in tests/webhooks, or `cargo xtask test`");
        }
        let keys = tempfile::tempdir()?;
        let path = |name: &str| keys.path().join(name);
        let mut rsa = Command::new("openssl");
        rsa.args([
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=sns.amazonaws.com",
        ]);
        output_of(rsa.arg("-keyout").arg(path("sns.key")).arg("-out").arg(path("sns.pem")))?;
        let mut ec = Command::new("openssl");
        ec.args(["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]);
        output_of(ec.arg("-out").arg(path("sendgrid.key")))?;
        Ok(Some(Self { node, keys }))
    }

    /// The certificate (PEM) of what [`Self::sns`] signs.
    pub fn sns_certificate(&self) -> PathBuf {
        self.keys.path().join("sns.pem")
    }

    /// An envelope of SNS with its signature, version `"1"` or `"2"`.
    pub fn sns(&self, mut message: Value, version: &str) -> Result<Value> {
        message["SignatureVersion"] = json!(version);
        message["SigningCertURL"] = json!(CERTIFICATE_URL);
        let request = json!({ "service": "sns", "message": message, "key": self.key("sns.key")?, "certificate": self.key("sns.pem")? });
        message["Signature"] = self.ask(&request)?["signature"].take();
        Ok(message)
    }

    /// The signature of a SendGrid batch, and the verification key as SendGrid shows it.
    pub fn sendgrid(&self, timestamp: &str, body: &str) -> Result<(String, String)> {
        let request = json!({ "service": "sendgrid", "key": self.key("sendgrid.key")?, "timestamp": timestamp, "body": body });
        let answer = self.ask(&request)?;
        let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        Ok((text("signature"), text("publicKey")))
    }

    /// The signature object of a Mailgun body.
    pub fn mailgun(&self, key: &str, timestamp: &str, token: &str) -> Result<Value> {
        let request = json!({ "service": "mailgun", "key": key, "timestamp": timestamp, "token": token });
        let signature = self.ask(&request)?["signature"].take();
        Ok(json!({ "timestamp": timestamp, "token": token, "signature": signature }))
    }

    fn key(&self, name: &str) -> Result<String> {
        fs::read_to_string(self.keys.path().join(name)).with_context(|| name.to_owned())
    }

    fn ask(&self, request: &Value) -> Result<Value> {
        let mut child = Command::new(&self.node)
            .arg("sign.mjs")
            .current_dir(folder())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("can't start Node")?;
        // The pipe closes at the end of this statement, which tells the script that its input is whole.
        child.stdin.take().context("Node has no input")?.write_all(request.to_string().as_bytes())?;
        let output = child.wait_with_output()?;
        if !output.status.success() {
            bail!("signing failed ({}), see the message above", output.status);
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}

/// Where the script and its packages are.
pub(crate) fn folder() -> PathBuf {
    workspace_root().join("tests/webhooks")
}
