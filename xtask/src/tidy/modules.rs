//! The modules of a crate, and which of them import which.

use std::collections::{BTreeMap, BTreeSet};

use super::source::Source;

/// A module by its path from the crate's root, which is empty.
pub(super) type Path = Vec<String>;

/// A name that is imported, re-exported or written out: the module that it stands in, where it begins, and its parts.
struct Import {
    /// As what it is known in its module; `None` for a path in an expression or type, or for all names of a module.
    name: Option<String>,
    parts: Path,
}

/// The modules of one crate that aren't tests.
pub(super) struct Modules {
    /// What each imports, in its order.
    imports: BTreeMap<Path, Vec<Import>>,
}

/// How many re-exports lead to a name at most.
const STEPS_MAX: usize = 8;

impl Modules {
    /// Reads `files`, as paths below the crate's `src` and texts.
    pub fn read<'f>(files: impl Iterator<Item = (&'f str, &'f str)>) -> Self {
        let mut imports = BTreeMap::new();
        for (path, text) in files {
            let source = Source::parse(text);
            let code: Vec<&str> = source.product_lines().map(|(_, line)| line).collect();
            imports.insert(module_of(path), imports_of(&code.join("\n")));
        }
        Self { imports }
    }

    /// Which modules each module imports from, itself left out.
    pub fn edges(&self) -> BTreeMap<&Path, BTreeSet<&Path>> {
        let of = |module: &Path, imports: &Vec<Import>| {
            let targets = imports.iter().filter_map(|import| self.resolve(module, &import.parts, STEPS_MAX));
            targets.filter(|target| *target != module).collect()
        };
        self.imports.iter().map(|(module, imports)| (module, of(module, imports))).collect()
    }

    /// The module in which that stands which `parts` name in `module`; `None` for other crates' names.
    fn resolve<'m>(&'m self, module: &Path, parts: &[String], steps: usize) -> Option<&'m Path> {
        let mut at = module.clone();
        let mut rest = parts;
        match parts.first()?.as_str() {
            "crate" => (at, rest) = (Path::new(), &parts[1..]),
            "self" => rest = &parts[1..],
            "super" => {
                while rest.first().is_some_and(|part| part == "super") {
                    at.pop();
                    rest = &rest[1..];
                }
            }
            first => {
                at.push(first.to_owned());
                self.imports.get_key_value(&at)?;
                rest = &parts[1..];
            }
        }
        for (index, part) in rest.iter().enumerate() {
            let child: Path = at.iter().chain([part]).cloned().collect();
            if self.imports.contains_key(&child) {
                at = child;
                continue;
            }
            let imported = self.imports.get(&at)?.iter().find(|import| import.name.as_ref() == Some(part));
            let led_on = imported.filter(|_| steps > 0).and_then(|import| {
                let behind: Path = import.parts.iter().chain(&rest[index + 1..]).cloned().collect();
                self.resolve(&at, &behind, steps - 1)
            });
            return led_on.or_else(|| self.known(&at));
        }
        self.known(&at)
    }

    fn known(&self, module: &Path) -> Option<&Path> {
        self.imports.get_key_value(module).map(|(module, _)| module)
    }
}

/// `a::b` of `a/b.rs` and `a/b/mod.rs`; the root of `lib.rs` and `main.rs`.
fn module_of(path: &str) -> Path {
    let stem = path.trim_end_matches(".rs");
    let mut module: Path = stem.split('/').map(str::to_owned).collect();
    let is_folder_s = module.last().is_some_and(|last| last == "mod");
    let is_root_s = module.len() == 1 && matches!(module[0].as_str(), "lib" | "main");
    if is_folder_s || is_root_s {
        module.pop();
    }
    module
}

/// What a file's code imports by `use`, and names by paths that begin with `crate`, `super` or `self`.
fn imports_of(code: &str) -> Vec<Import> {
    let mut imports = Vec::new();
    let words: Vec<&str> = words(code);
    let mut at = 0;
    while at < words.len() {
        if words[at] == "use" && words.get(at + 1).is_some_and(|next| *next != "<") {
            let length = words[at..].iter().position(|word| *word == ";").unwrap_or(words.len() - at);
            tree(&words[at + 1..at + length], &Path::new(), &mut imports);
            at += length;
        } else if matches!(words[at], "crate" | "super" | "self") && words.get(at + 1) == Some(&"::") {
            let mut parts = vec![words[at].to_owned()];
            while let [colons, part, ..] = words[at + 1..]
                && colons == "::"
                && is_name(part)
            {
                parts.push(part.to_owned());
                at += 2;
            }
            imports.push(Import { name: None, parts });
        }
        at += 1;
    }
    imports
}

/// The paths of a use tree: `a::{b, c as d, e::*}`.
fn tree(words: &[&str], before: &Path, imports: &mut Vec<Import>) {
    let mut parts = before.clone();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        match *word {
            "::" => at += 1,
            "{" => {
                let inner = &words[at + 1..words.len().saturating_sub(1).max(at + 1)];
                for branch in branches(inner) {
                    tree(branch, &parts, imports);
                }
                return;
            }
            "*" => {
                imports.push(Import { name: None, parts });
                return;
            }
            "as" => break,
            name => {
                // `a::{self}` is `a`.
                if name != "self" || parts.is_empty() {
                    parts.push(name.to_owned());
                }
                at += 1;
            }
        }
    }
    let alias = words.get(at).and(words.get(at + 1)).map(|alias| (*alias).to_owned());
    let name = alias.or_else(|| parts.last().cloned());
    if !parts.is_empty() {
        imports.push(Import { name, parts });
    }
}

/// Parts of a list, at the commas that stand in no braces of its own.
fn branches<'w>(words: &'w [&'w str]) -> impl Iterator<Item = &'w [&'w str]> {
    let mut depth = 0_usize;
    words.split(move |word| {
        match *word {
            "{" => depth += 1,
            "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && *word == ","
    })
}

fn is_name(word: &str) -> bool {
    word.starts_with(|letter: char| letter.is_alphabetic() || letter == '_')
}

/// Names, `::`, and single other signs.
fn words(code: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let inside = |letter: char| letter.is_alphanumeric() || letter == '_';
        let end = if inside(first) {
            rest.find(|letter| !inside(letter)).unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        words.push(&rest[..end]);
        rest = rest[end..].trim_start();
    }
    words
}
