//! `cargo xtask screenshots`: pictures of a running demo for the README, and of the pages that recipients meet, taken by a
//! real browser, in `docs/images`.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::json;

use crate::process::stream;
use crate::servers::Browser;
use crate::{install, workspace_root};

/// Where to take the pictures.
#[derive(Args, Debug)]
pub struct Options {
    /// Go through the demo at this address instead of starting one
    #[arg(long)]
    url: Option<String>,
}

/// A demo that ends with this value.
struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        // As ctrl-c does, so that it cleans up after itself. Already gone is fine.
        let _ = Command::new("kill").args(["-INT", &self.0.id().to_string()]).status();
        let _ = self.0.wait();
    }
}

/// Starts the demo unless an address is given, and takes the pictures; those of all pages come from the test that goes
/// through them.
///
/// # Errors
/// When the browser is missing, the demo doesn't start, or a page isn't as it should be.
pub fn run(options: &Options) -> Result<()> {
    install::run()?;
    let browser = Browser::find()?.context("no browser")?;
    let folder = workspace_root().join("docs/images");
    std::fs::create_dir_all(&folder)?;
    let (_demo, base) = match &options.url {
        Some(url) => (None, url.clone()),
        None => start_demo().map(|(demo, base)| (Some(demo), base.trim_end_matches('/').to_owned()))?,
    };
    browser.run("demo.mjs", &json!({ "base": base, "pictures": folder }))?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut pages = Command::new(cargo);
    pages
        .args(["test", "--locked", "-p", "consentry", "--test", "whole", "pages::"])
        .current_dir(workspace_root());
    stream(pages.env("CONSENTRY_TEST_PICTURES", &folder))?;
    println!("pictures of each page in docs/images");
    Ok(())
}

/// Starts the demo and waits until it prints the address to open.
fn start_demo() -> Result<(Demo, String)> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(&cargo);
    stream(build.args(["build", "--release", "--locked", "-p", "consentry"]).current_dir(workspace_root()))?;
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace_root().join("target"), Into::into);
    let mut demo = Command::new(target.join("release/consentry"));
    let mut demo = Demo(demo.arg("demo").stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?);
    let output = demo.0.stdout.take().context("the demo has no output")?;
    let mut lines = BufReader::new(output).lines();
    while let Some(line) = lines.next().transpose()? {
        if let Some(address) = address_in(&line) {
            // The rest is read to its end, or the demo would stand still once the pipe is full.
            std::thread::spawn(move || lines.for_each(drop));
            return Ok((demo, address));
        }
    }
    bail!("the demo ended without printing an address")
}

/// The first web address in a line of text.
fn address_in(line: &str) -> Option<String> {
    let start = line.find("http://")?;
    let end = line[start..].find(|letter: char| letter.is_whitespace() || "\"'<>,)".contains(letter));
    Some(line[start..].get(..end.unwrap_or(line.len() - start))?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::address_in;

    #[test]
    fn finds_the_address_in_a_line() {
        assert_eq!(
            address_in("Open http://127.0.0.1:8080/demo, then"),
            Some("http://127.0.0.1:8080/demo".to_owned())
        );
        assert_eq!(address_in("http://127.0.0.1:1"), Some("http://127.0.0.1:1".to_owned()));
        assert_eq!(address_in("nothing here"), None);
    }
}
