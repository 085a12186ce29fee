//! `cargo xtask reference`: writes `docs/errors.md`, the exit codes and what errors are called, from the source. A test fails where the
//! page isn't what the source says.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};

use crate::tidy::{File, files};

/// The page, from the top of the repository.
pub const PAGE: &str = "docs/errors.md";
const EXITS: &str = "crates/consentry/src/output.rs";
const KINDS: &str = "crates/service/src/problem.rs";

const HEAD: &str = "# Exit codes and errors

Written by `cargo xtask reference` from the source; don't edit it by hand.

With `--json`, a command that fails writes problem details (RFC 9457) to standard error: `type` is `urn:consentry:problem:` and one of the codes
below, `detail` says in a sentence what is wrong with this input, `hint` what to do, and `errors[].pointer` which part of the input it is about
(RFC 6901). The HTTP API answers the same with the status. Codes stay; sentences may get better.
";

/// What `docs/errors.md` must say.
///
/// # Errors
/// When the repository can't be read, or an error's meaning isn't found in it.
pub fn page(root: &Path) -> Result<String> {
    let files = files(root)?;
    let exits = files.iter().find(|file| file.path == EXITS).context(EXITS)?;
    let mut page = format!("{HEAD}\n## Exit codes\n\n| code | when |\n|---|---|\n");
    for (code, meaning) in exit_codes(&exits.text) {
        writeln!(page, "| {code} | {} |", cell(&meaning))?;
    }
    page.push_str("\n## Errors\n\n| code | status | what it says | pointer |\n|---|---|---|---|\n");
    for (code, told) in codes(&files)? {
        let join = |texts: &BTreeSet<String>, between: &str| {
            texts.iter().map(String::as_str).collect::<Vec<_>>().join(between)
        };
        let (statuses, pointers) = (join(&told.statuses, ", "), join(&told.pointers, ", "));
        writeln!(page, "| `{code}` | {statuses} | {} | {pointers} |", cell(&join(&told.meanings, " ")))?;
    }
    Ok(page)
}

/// Writes the page.
///
/// # Errors
/// As [`page`], and when it can't be written.
pub fn run(root: &Path) -> Result<()> {
    std::fs::write(root.join(PAGE), page(root)?).context(PAGE)
}

/// Each exit code with its documentation: `/// meaning` above `Name = code,`.
fn exit_codes(text: &str) -> Vec<(u8, String)> {
    let mut codes = Vec::new();
    let mut docs = Vec::new();
    for line in text.lines().skip_while(|line| !line.starts_with("pub enum Exit")).skip(1) {
        match line.trim() {
            "}" => break,
            line if line.starts_with("///") => docs.push(line.trim_start_matches('/').trim().to_owned()),
            line => {
                let code =
                    line.split_once(" = ").and_then(|(_, code)| code.trim_end_matches(',').parse().ok());
                let meaning = std::mem::take(&mut docs).join(" ");
                codes.extend(code.map(|code| (code, meaning)));
            }
        }
    }
    codes
}

/// Statuses by kind.
type Kinds = BTreeMap<String, u16>;

/// What is told of a code.
#[derive(Default)]
struct Told {
    statuses: BTreeSet<String>,
    meanings: BTreeSet<String>,
    pointers: BTreeSet<String>,
}

fn codes(files: &[File]) -> Result<BTreeMap<String, Told>> {
    let sources =
        || files.iter().filter(|file| file.path.starts_with("crates/") && file.path.contains("/src/"));
    let kinds = kinds(files)?;
    let mut codes: BTreeMap<String, Told> = BTreeMap::new();
    for file in sources() {
        for (owner, body) in problems(&file.text) {
            for Arm { error, variant, code, status, pointer } in arms(&body, &kinds)? {
                let error = if error == "Self" { owner.clone() } else { error };
                let meaning = meaning(&file.text, &error, &variant)
                    .or_else(|| sources().find_map(|file| meaning(&file.text, &error, &variant)));
                let Some(meaning) = meaning else {
                    bail!("{}: {error}::{variant} has no documentation, and is told as {code}", file.path);
                };
                let told = codes.entry(code).or_default();
                told.statuses.insert(status.to_string());
                told.meanings.insert(meaning);
                told.pointers.extend(pointer.map(|pointer| format!("`{pointer}`")));
            }
        }
    }
    ensure!(codes.len() > 40, "only {} codes were found", codes.len());
    Ok(codes)
}

/// The errors that a file tells as problems, each with the body of its `fn problem`.
fn problems(text: &str) -> Vec<(String, String)> {
    const FUNCTION: &str = "fn problem(&self) -> Problem {\n";
    text.match_indices(FUNCTION)
        .filter_map(|(at, _)| {
            let owner = text[..at].rsplit("impl Fault for ").next()?.split([' ', '{']).next()?;
            let body = &text[at + FUNCTION.len()..];
            Some((owner.to_owned(), body[..body.find("\n    }\n")?].to_owned()))
        })
        .collect()
}

/// One arm of a `fn problem`.
struct Arm {
    error: String,
    variant: String,
    code: String,
    status: u16,
    pointer: Option<String>,
}

fn arms(body: &str, kinds: &Kinds) -> Result<Vec<Arm>> {
    let mut arms = Vec::new();
    let starts: Vec<usize> = body.match_indices("=>").map(|(at, _)| at).collect();
    for (nth, start) in starts.iter().enumerate() {
        let pattern = body[..*start].rsplit_once('\n').map_or(&body[..*start], |(_, line)| line).trim();
        // The next arm's pattern stands on the line of its arrow.
        let end = starts.get(nth + 1).map_or(body.len(), |next| body[..*next].rfind('\n').unwrap_or(*next));
        let told = &body[start + 2..end.max(start + 2)];
        let texts: Vec<&str> = told.split('"').skip(1).step_by(2).collect();
        let Some(code) = texts.iter().find(|text| is_code(text)) else { continue };
        for pattern in pattern.split(" | ") {
            let path = pattern.split(['(', '{', ' ']).next().unwrap_or(pattern);
            let (error, variant) = match path.rsplit_once("::") {
                Some(parts) => parts,
                None if path == "_" => ("Self", "_"),
                None => bail!("`{pattern}` names no error"),
            };
            arms.push(Arm {
                error: error.to_owned(),
                variant: variant.to_owned(),
                code: (*code).to_owned(),
                status: status(told, kinds)?,
                pointer: texts.iter().find(|text| text.starts_with('/')).map(|text| (*text).to_owned()),
            });
        }
    }
    Ok(arms)
}

fn is_code(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

fn status(told: &str, kinds: &Kinds) -> Result<u16> {
    let kind = told.split("Kind::").nth(1).map(|rest| rest.split(|c: char| !c.is_alphanumeric()).next());
    let kind = match kind.flatten() {
        Some(kind) => kind,
        None if told.contains("not_found(") => "NotFound",
        None => "Invalid",
    };
    kinds.get(kind).copied().with_context(|| format!("no status for {kind} in `{}`", told.trim()))
}

/// The HTTP status of each kind of error, as `Kind::status` has it.
fn kinds(files: &[File]) -> Result<Kinds> {
    let file = files.iter().find(|file| file.path == KINDS).context(KINDS)?;
    let (_, body) = file.text.split_once("fn status(self)").context(KINDS)?;
    let arms = body.lines().take_while(|line| *line != "    }").filter_map(|line| {
        let (kind, status) = line.trim().strip_prefix("Self::")?.split_once(" => ")?;
        Some((kind.to_owned(), status.trim_end_matches(',').parse().ok()?))
    });
    Ok(arms.collect())
}

/// The documentation of an enum's variant.
fn meaning(text: &str, error: &str, variant: &str) -> Option<String> {
    if variant == "_" {
        return Some("Anything else that went wrong.".to_owned());
    }
    let (_, body) = text.split_once(&format!("pub enum {error} {{"))?;
    let body = &body[..body.find("\n}")?];
    let mut docs = Vec::new();
    for line in body.lines() {
        let indented = line.strip_prefix("    ").unwrap_or(line);
        if let Some(doc) = indented.strip_prefix("///") {
            docs.push(doc.trim());
        } else if indented.split(|c: char| !c.is_alphanumeric()).next() == Some(variant) {
            return (!docs.is_empty()).then(|| docs.join(" "));
        } else if !indented.starts_with(['#', ')', ' ']) {
            docs.clear();
        }
    }
    None
}

/// A text as a cell of a table, without links of the documentation.
fn cell(text: &str) -> String {
    text.replace(['[', ']'], "").replace('|', "\\|")
}
