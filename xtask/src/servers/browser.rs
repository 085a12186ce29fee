//! Debian's Chromium, driven by scripts in `tests/browser` through playwright-core.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use super::guard::Guard;
use super::{find_program, skip};
use crate::workspace_root;

/// Ends what is left of the browser (its command lines name the profile's folder), then removes the profile.
const CLEAN_UP: &str = r#"
for entry in /proc/[0-9]*; do
  if tr '\0' '\n' <"$entry/cmdline" 2>/dev/null | grep -qxF -e "--user-data-dir=$1"; then kill -9 "${entry#/proc/}"; fi
done
rm -rf "$1"
"#;

/// A way to run browser scripts; every run gets a browser with an empty profile.
#[derive(Debug)]
pub struct Browser {
    chromium: PathBuf,
    node: PathBuf,
}

impl Browser {
    /// `None` when Chromium, Node or the packages of `tests/browser` are missing.
    pub fn find() -> Result<Option<Self>> {
        let what = "the browser";
        let Some(chromium) = find_program("chromium") else {
            return skip(what, "Debian's package chromium isn't installed");
        };
        let Some(node) = find_program("node") else {
            return skip(what, "Node isn't installed");
        };
        if !folder().join("node_modules/playwright-core").is_dir() {
            return skip(what, "run `npm ci` in tests/browser, or `cargo xtask test`");
        }
        Ok(Some(Self { chromium, node }))
    }

    /// Runs the module `script` (a name in `tests/browser` or an absolute path) with `arguments` and gives what its default
    /// function returns. See `tests/browser/run.mjs` for what a script gets.
    ///
    /// # Errors
    /// When the script throws: with its message and stack.
    pub fn run(&self, script: impl AsRef<Path>, arguments: &Value) -> Result<Value> {
        let profile = tempfile::Builder::new().prefix("consentry-browser-").tempdir()?;
        let _guard = Guard::new(CLEAN_UP, &[profile.path().as_os_str()])?;
        let request = json!({
            "script": folder().join(script),
            "arguments": arguments,
            "chromium": self.chromium,
            "profile": profile.path(),
        });
        let mut child = Command::new(&self.node)
            .arg("run.mjs")
            .current_dir(folder())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("can't start Node")?;
        child.stdin.take().context("Node has no input")?.write_all(request.to_string().as_bytes())?;
        let output = child.wait_with_output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let last_line = text.trim_end().lines().next_back().unwrap_or_default();
        let mut answer: Value = serde_json::from_str(last_line)
            .with_context(|| format!("the browser script gave no answer ({}): {text}", output.status))?;
        if let Some(error) = answer["error"].as_str() {
            bail!("the browser script failed: {error}");
        }
        Ok(answer["result"].take())
    }
}

/// Where browser scripts and their packages are.
pub(crate) fn folder() -> PathBuf {
    workspace_root().join("tests/browser")
}
