//! Who imports whom inside a crate: no circle is larger than a module and what stands below it, and the parts of `web` don't
//! know each other.

use std::collections::{BTreeMap, BTreeSet};

use super::modules::{Modules, Path};
use super::{File, Finding, crate_of, rust};

/// Parts of a crate that stand side by side.
const APART: [(&str, &[&str]); 1] = [("web", &["pages", "hooks", "api", "admin"])];
/// What they all stand on, and which knows none of them nor of what puts them together.
const GROUND: [(&str, &str); 1] = [("web", "http")];

/// Circles of earlier times, by a module and the number of modules of each. None may be added and none may grow; one that is
/// broken is struck off.
const KNOWN: [(&str, &str, usize); 1] = [("consentry", "server_file", 4)];

/// All findings in the crates that `files` hold.
pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let mut crates: BTreeMap<&str, Vec<&File>> = BTreeMap::new();
    for file in files.iter().filter(|file| is_product(&file.path)) {
        crates.entry(crate_of(&file.path).unwrap_or_default()).or_default().push(file);
    }
    crates.into_iter().flat_map(|(name, files)| check_crate(name, &files)).collect()
}

fn is_product(path: &str) -> bool {
    crate_of(path).is_some_and(|name| below_src(name, path).is_some()) && !rust::is_test_file(path)
}

/// The path below the crate's `src`; `None` for a file that stands elsewhere or isn't Rust's.
fn below_src<'p>(name: &str, path: &'p str) -> Option<&'p str> {
    let path = path.strip_prefix("crates/").unwrap_or(path).strip_prefix(name)?;
    path.strip_prefix("/src/").filter(|path| super::has_extension(path, "rs"))
}

fn check_crate(name: &str, files: &[&File]) -> Vec<Finding> {
    let below = |file: &&File| below_src(name, &file.path).map(|path| (path.to_owned(), file.text.clone()));
    let sources: Vec<(String, String)> = files.iter().filter_map(below).collect();
    let modules = Modules::read(sources.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    let edges = modules.edges();
    let file_of = |module: &Path| {
        let stem = module.join("/");
        let is_its = |file: &&&File| {
            below_src(name, &file.path).is_some_and(|path| {
                let path = path.trim_end_matches(".rs");
                path.trim_end_matches("/mod") == stem || (stem.is_empty() && matches!(path, "lib" | "main"))
            })
        };
        files.iter().find(is_its).copied()
    };
    let mut findings = Vec::new();
    for (module, targets) in &edges {
        for target in targets.iter().filter(|target| !may_know(name, module, target)) {
            let advice = format!("`{}` may not know `{}`", shown(module), shown(target));
            findings.extend(file_of(module).map(|file| Finding::new(file, 1, "apart", advice)));
        }
    }
    let known = || KNOWN.iter().filter(|(of, ..)| *of == name);
    let mut found = BTreeSet::new();
    for circle in circles(&edges).iter().filter(|circle| !is_family(circle)) {
        let names: Vec<String> = circle.iter().map(|module| shown(module)).collect();
        let earlier = known().find(|(_, member, _)| names.iter().any(|name| name == member));
        found.extend(earlier.map(|(_, member, _)| *member));
        if earlier.is_none_or(|(.., most)| names.len() > *most) {
            let advice = format!("break the circle of imports between {}", names.join(", "));
            findings.extend(file_of(circle[0]).map(|file| Finding::new(file, 1, "circle", advice)));
        }
    }
    for (_, gone, _) in known().filter(|(_, member, _)| !found.contains(member)) {
        let advice = format!("no circle has `{gone}` any more: strike it off the list in tidy's `circles`");
        findings.extend(files.first().map(|file| Finding::new(file, 1, "circle", advice)));
    }
    findings
}

fn shown(module: &Path) -> String {
    if module.is_empty() { "the crate's root".to_owned() } else { module.join("::") }
}

fn may_know(name: &str, module: &Path, target: &Path) -> bool {
    let (Some(from), to) = (module.first(), target.first()) else { return true };
    let stands = |list: &&[&str]| {
        list.contains(&from.as_str()) && to.is_some_and(|to| to != from && list.contains(&to.as_str()))
    };
    let beside = APART.iter().any(|(of, list)| *of == name && stands(list));
    let down = GROUND.iter().any(|(of, ground)| *of == name && from == ground && to != Some(from));
    !beside && !down
}

/// Whether a circle is a module with what stands below it. The crate's root has everything below it, so it counts for none.
fn is_family(circle: &[&Path]) -> bool {
    circle.iter().any(|head| !head.is_empty() && circle.iter().all(|other| other.starts_with(head)))
}

/// The sets of modules that reach each other, of at least two.
fn circles<'m>(edges: &BTreeMap<&'m Path, BTreeSet<&'m Path>>) -> Vec<Vec<&'m Path>> {
    let reached: BTreeMap<&Path, BTreeSet<&Path>> =
        edges.keys().map(|module| (*module, reach(edges, module))).collect();
    let mut seen = BTreeSet::new();
    let mut circles = Vec::new();
    for module in edges.keys() {
        if seen.contains(module) {
            continue;
        }
        let both = |other: &&Path| reached[module].contains(*other) && reached[*other].contains(*module);
        let circle: Vec<&Path> = edges.keys().copied().filter(both).collect();
        seen.extend(circle.iter().copied());
        if circle.len() > 1 {
            circles.push(circle);
        }
    }
    circles
}

fn reach<'m>(edges: &BTreeMap<&'m Path, BTreeSet<&'m Path>>, from: &Path) -> BTreeSet<&'m Path> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&Path> = edges.get(from).into_iter().flatten().copied().collect();
    while let Some(module) = next.pop() {
        if reached.insert(module) {
            next.extend(edges.get(module).into_iter().flatten());
        }
    }
    reached
}
