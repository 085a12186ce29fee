//! The repository keeps the rules of the house, and every rule can tell.

use xtask::tidy::{File, check, check_file};

/// No line at all.
const NONE: [usize; 0] = [];

fn file(path: &str, text: &str) -> File {
    File { path: path.to_owned(), text: text.to_owned() }
}

/// The lines at which `rule` fires on `text` as the file `path`.
fn lines(rule: &str, path: &str, text: &str) -> Vec<usize> {
    let findings = check_file(&file(path, text));
    findings.iter().filter(|finding| finding.rule == rule).map(|finding| finding.line).collect()
}

fn manifest(dependencies: &str) -> String {
    format!("[package]\nname = \"x\"\nlicense.workspace = true\n[lints]\nworkspace = true\n{dependencies}")
}

#[test]
fn the_repository_is_tidy() {
    if let Err(error) = xtask::tidy::run(&xtask::workspace_root()) {
        panic!("{error}");
    }
}

#[test]
fn the_page_of_errors_says_what_the_source_says() {
    let root = xtask::workspace_root();
    let page = std::fs::read_to_string(root.join(xtask::reference::PAGE)).unwrap();
    let stands = page == xtask::reference::page(&root).unwrap();
    assert!(stands, "{}: write it with `cargo xtask reference`", xtask::reference::PAGE);
    for row in ["| 7 | `import profiles`", "| `send-not-found` | 404 |", "| `relay-refuses` | 503 |"] {
        assert!(page.contains(row), "{row}");
    }
}

#[test]
fn architecture_states_whom_crates_may_know() {
    let text = std::fs::read_to_string(xtask::workspace_root().join("ARCHITECTURE.md")).unwrap();
    assert_eq!(lines("architecture", "ARCHITECTURE.md", &text), NONE);
    let row = text.lines().position(|line| line.starts_with("| `web` |")).unwrap() + 1;
    let wrong =
        text.replace("| `consent`, `store`, `intake`, `service`, `wire` |", "| `consent`, `delivery` |");
    assert_eq!(lines("architecture", "ARCHITECTURE.md", &wrong), [row]);
    let missing = text.replace("| `rows` |", "| rows |");
    assert_eq!(lines("architecture", "ARCHITECTURE.md", &missing), [1]);
}

#[test]
fn commands_that_have_moved_use_no_store() {
    let commands = "crates/consentry/src/commands";
    let uses = "fn f(context: &Context) {\n    context.store.lists(WORKSPACE);\n}\n";
    assert_eq!(lines("command", &format!("{commands}/allow.rs"), uses), [2]);
    assert_eq!(lines("command", &format!("{commands}/allow.rs"), "use store::private;\n"), NONE);
    assert_eq!(lines("command", &format!("{commands}/allow.rs"), "use store::List;\n"), [1]);
    assert_eq!(lines("command", &format!("{commands}/page.rs"), uses), NONE);
    assert_eq!(lines("command", &format!("{commands}/page.rs"), "fn f() {}\n"), [1], "it has moved");
    assert_eq!(lines("command", "crates/consentry/src/context.rs", uses), NONE);
}

#[test]
fn crates_know_only_whom_they_may() {
    let cases = [
        ("consent", "[dependencies]\nstore.workspace = true", true),
        ("consent", "[dev-dependencies]\nstore.workspace = true", true),
        ("consent", "[dependencies]\nserde.workspace = true", false),
        ("intake", "[dependencies]\ndelivery = { path = \"../delivery\" }", true),
        ("intake", "[dependencies]\nrenamed = { package = \"web\", path = \"../web\" }", true),
        ("delivery", "[target.'cfg(unix)'.dependencies]\nintake.workspace = true", true),
        ("delivery", "[dependencies]\nstore.workspace = true\nconsent.workspace = true", false),
        ("delivery", "[dependencies]\nwire.workspace = true", false),
        ("wire", "[dependencies]\nstore.workspace = true", true),
        ("store", "[dependencies]\nwire.workspace = true", true),
        ("store", "[dependencies]\nxtask = { path = \"../../xtask\" }", true),
        ("store", "[dev-dependencies]\nxtask = { path = \"../../xtask\" }", false),
        ("web", "[dev-dependencies]\nxtask = { path = \"../../xtask\" }", true),
        ("consentry", "[dev-dependencies]\nxtask = { path = \"../../xtask\" }", false),
        ("consentry", "[dependencies]\nweb.workspace = true", false),
        ("service", "[dependencies]\nweb.workspace = true", true),
        ("web", "[dependencies]\nservice.workspace = true", false),
    ];
    for (name, dependencies, refused) in cases {
        let found = lines("dependency", &format!("crates/{name}/Cargo.toml"), &manifest(dependencies));
        assert_eq!(found, if refused { vec![7] } else { vec![] }, "{name}: {dependencies}");
    }
}

#[test]
fn only_some_crates_have_a_database_a_web_server_or_randomness() {
    let cases = [
        ("web", "rusqlite = \"0.37\"", true),
        ("store", "rusqlite = \"0.37\"", false),
        ("delivery", "axum.workspace = true", true),
        ("wire", "hyper = \"1\"", false),
        ("delivery", "hyper = \"1\"", true),
        ("intake", "hyper = \"1\"", true),
        ("intake", "async-imap = \"0.12\"", true),
        ("wire", "tokio-rustls = \"0.26\"", false),
        ("web", "axum.workspace = true", false),
        ("store", "getrandom.workspace = true", true),
        ("consentry", "getrandom.workspace = true", false),
    ];
    for (name, dependency, refused) in cases {
        let text = manifest(&format!("[dependencies]\n{dependency}"));
        let found = lines("dependency", &format!("crates/{name}/Cargo.toml"), &text);
        assert_eq!(!found.is_empty(), refused, "{name}: {dependency}");
        let for_tests = text.replace("[dependencies]", "[dev-dependencies]");
        assert!(lines("dependency", &format!("crates/{name}/Cargo.toml"), &for_tests).is_empty());
    }
}

#[test]
fn crates_inherit_licence_and_lints() {
    assert_eq!(lines("manifest", "crates/web/Cargo.toml", &manifest("")), NONE);
    let bare = "[package]\nname = \"web\"\nlicense = \"MIT\"\n";
    assert_eq!(lines("manifest", "crates/web/Cargo.toml", bare), [1, 1]);
    assert_eq!(lines("manifest", "crates/web/Cargo.toml", "[package"), [1]);
    assert_eq!(lines("manifest", "Cargo.toml", "[workspace]\nmembers = []\n"), NONE);
}

#[test]
fn statements_stay_in_the_store() {
    let statements =
        ["SELECT id FROM profile", "INSERT INTO a VALUES (1)", "UPDATE a\n  SET b = 1", "DELETE FROM a"];
    for statement in statements {
        let text = format!("fn f() {{\n  g(\"{statement}\");\n}}");
        assert_eq!(lines("sql", "crates/web/src/a.rs", &text), [2], "{statement}");
        assert_eq!(lines("sql", "crates/store/src/a.rs", &text), NONE);
        assert_eq!(lines("sql", "crates/web/tests/a.rs", &text), NONE);
    }
    let harmless =
        "// SELECT a FROM b\nf(\"Select a topic from the list\", \"SELECTED FROM\", SELECT, FROM);";
    assert_eq!(lines("sql", "crates/web/src/a.rs", harmless), NONE);
}

#[test]
fn time_and_randomness_are_passed_in() {
    for call in ["SystemTime::now()", "std::time::Instant::now()", "jiff::Timestamp::now()", "Zoned::now()"] {
        let text = format!("fn f() {{\n  {call};\n}}\n#[cfg(test)]\nmod tests {{ fn g() {{ {call}; }} }}\n");
        assert_eq!(lines("clock", "crates/delivery/src/a.rs", &text), [2], "{call}");
        assert_eq!(lines("clock", "crates/consentry/src/a.rs", &text), NONE);
        assert_eq!(lines("clock", "crates/delivery/src/a/tests.rs", &text), NONE);
    }
    let runtime = "use tokio::time::{Duration, Instant};\n// SystemTime::now()\nInstant::now();";
    assert_eq!(lines("clock", "crates/delivery/src/a.rs", runtime), NONE);
    assert_eq!(lines("clock", "crates/store/src/a.rs", runtime), [3]);
    assert_eq!(lines("clock", "crates/delivery/src/a.rs", &runtime.replace("tokio", "std")), [3]);
    assert_eq!(lines("randomness", "crates/store/src/a.rs", "getrandom::fill(&mut b)"), [1]);
    assert_eq!(lines("randomness", "crates/consentry/src/a.rs", "getrandom::fill(&mut b)"), NONE);
}

#[test]
fn files_are_made_for_their_owner_alone() {
    for call in [
        "File::create(p)",
        "std::fs::write(p, b)",
        "fs::copy(a, b)",
        "fs::create_dir_all(p)",
        "File::options()",
    ] {
        let text = format!("fn f() {{\n  {call};\n}}\n#[cfg(test)]\nmod tests {{ fn g() {{ {call}; }} }}\n");
        assert_eq!(lines("private", "crates/web/src/a.rs", &text), [2], "{call}");
        assert_eq!(lines("private", "crates/store/src/private.rs", &text), NONE);
        assert_eq!(lines("private", "crates/web/tests/a.rs", &text), NONE);
    }
    assert_eq!(lines("private", "crates/web/src/a.rs", "private::create_dir_all(p); File::open(p)"), NONE);
}

#[test]
fn long_files_are_split() {
    let tests = "#[cfg(test)]\nmod tests {\n".to_owned() + &"// test\n".repeat(500) + "}\n";
    let fine = "// line\n".repeat(400) + &tests;
    assert_eq!(lines("length", "crates/web/src/a.rs", &fine), NONE);
    assert_eq!(lines("length", "crates/web/src/a.rs", &format!("// one more\n{fine}")), [1]);
    assert_eq!(lines("length", "crates/web/tests/a.rs", &"// test\n".repeat(500)), NONE);
}

#[test]
fn nothing_unfinished_stays() {
    for mark in ["todo!()", "unimplemented!(\"later\")", "std::dbg!(1)"] {
        assert_eq!(
            lines("unfinished", "crates/web/src/a.rs", &format!("fn f() {{\n  {mark};\n}}")),
            [2],
            "{mark}"
        );
    }
    let comment = format!("ok\n// {}: later", concat!("FIX", "ME"));
    assert_eq!(lines("unfinished", "docs/a.md", &comment), [2]);
    let harmless = format!("my_todo!(); f(\"todo!\"); // dbg! {}L", concat!("XX", "X"));
    assert_eq!(lines("unfinished", "crates/web/src/a.rs", &harmless), NONE);
}

#[test]
fn no_file_names_a_machine_or_a_registry() {
    let folder = concat!("/ro", "ot/");
    assert_eq!(lines("machine", "docs/a.md", &format!("a\ncd {folder}x")), [2]);
    assert_eq!(lines("machine", "docs/a.md", &format!("chroot{folder}x, $TOP{folder}x")), NONE);
    let host = concat!("registry.npm", "js.org");
    assert_eq!(lines("registry", "docs/a.md", &format!("see https://{host}/x")), [1]);
    assert_eq!(lines("registry", "Cargo.lock", &format!("source = \"registry+https://{host}\"")), NONE);
    assert_eq!(lines("registry", "docs/a.md", "the registry of Node packages"), NONE);
    let lock = "{\n  \"resolved\": \"somewhere\"\n}";
    assert_eq!(lines("registry", "tests/browser/package-lock.json", lock), [2]);
    assert_eq!(lines("registry", "docs/a.json", lock), NONE);
}

#[test]
fn readme_and_ci_name_the_commands() {
    let readme = file("README.md", "cargo run --release -- demo\ncargo xtask test\n");
    let ci = file(".ci/run", "cargo xtask test\n");
    assert!(check(&[readme.clone(), ci.clone()]).is_empty());
    let paths = |files: &[File]| check(files).into_iter().map(|finding| finding.path).collect::<Vec<_>>();
    assert_eq!(paths(std::slice::from_ref(&readme)), [".ci/run"]);
    assert_eq!(paths(&[ci]), ["README.md", "README.md"]);
    assert!(check(&[readme])[0].to_string().starts_with(".ci/run:1: required: "));
}

/// Findings of `rule` in a crate that consists of these files.
fn found(rule: &str, files: &[(&str, &str)]) -> Vec<String> {
    let files: Vec<File> = files.iter().map(|(path, text)| file(path, text)).collect();
    let findings = check(&files).into_iter().filter(|finding| finding.rule == rule);
    findings.map(|finding| finding.advice).collect()
}

#[test]
fn modules_import_each_other_in_no_circle() {
    let circle = |files: &[(&str, &str)]| found("circle", files);
    let two =
        [("crates/rows/src/a.rs", "use crate::b::B;"), ("crates/rows/src/b.rs", "use crate::{a, c::C};")];
    assert_eq!(circle(&two), ["break the circle of imports between a, b"]);
    // A module with what stands below it is one thing, whichever way its parts are named.
    let family = [
        ("crates/rows/src/a/mod.rs", "mod b; pub use b::B; pub struct A;"),
        ("crates/rows/src/a/b.rs", "use super::A;"),
        ("crates/rows/src/lib.rs", "mod a; pub use a::{A, B};"),
    ];
    assert!(circle(&family).is_empty());
    // By way of a third, through what a module hands on, by a path in an expression, and by the root.
    for (one, other, third) in [
        ("use crate::b::B as Other;", "fn f() { super::c::g(); }", "use super::a::{self, A};"),
        ("use crate::{b::{x::*, B}};", "use crate::front::C;", "use crate::a;"),
        ("use crate::b::B;", "use crate::{C};", "use crate::{Deep};"),
    ] {
        let files = [
            ("crates/rows/src/a.rs", one),
            ("crates/rows/src/b.rs", other),
            ("crates/rows/src/c.rs", third),
            ("crates/rows/src/front.rs", "pub use crate::c::C;"),
            ("crates/rows/src/lib.rs", "mod a; mod b; mod c; pub use c::C; pub use crate::a::A as Deep;"),
        ];
        let circles = circle(&files);
        assert!(circles.len() == 1 && circles[0].contains("a, b, c"), "{one}: {circles:?}");
    }
    let root = [
        ("crates/rows/src/lib.rs", "mod a; use a::A; pub struct B;"),
        ("crates/rows/src/a.rs", "use crate::B;"),
    ];
    assert_eq!(circle(&root), ["break the circle of imports between the crate's root, a"]);
    // Tests, other crates' names, comments and texts.
    let none = [
        ("crates/rows/src/a.rs", "use crate::b::B;"),
        (
            "crates/rows/src/b.rs",
            "// use crate::a;\n#[cfg(test)]\nmod tests {\n use crate::a;\n}\nconst C: &str = \"crate::a\"; use std::a;",
        ),
        ("crates/rows/src/b/tests.rs", "use crate::a;"),
        ("crates/rows/tests/a.rs", "use crate::b;"),
    ];
    assert!(circle(&none).is_empty());
}

#[test]
fn parts_of_the_web_do_not_know_each_other() {
    let apart = |from: &str, text: &str| {
        let ways = [
            "pages/mod",
            "pages/link",
            "hooks/mod",
            "hooks/state",
            "api/mod",
            "admin/mod",
            "http/mod",
            "ledger",
        ];
        let file = |way: &&str| format!("crates/web/src/{way}.rs");
        let paths: Vec<String> = ways.iter().map(file).collect();
        let text_of = |path: &String| if path.contains(from) { text } else { "pub struct X;" };
        let files: Vec<(&str, &str)> = paths.iter().map(|path| (path.as_str(), text_of(path))).collect();
        found("apart", &files).len()
    };
    for (from, text) in [
        ("pages/link", "use crate::hooks::X;"),
        ("hooks/state", "fn f(x: crate::api::X) {}"),
        ("api/mod", "use super::pages::link::X;"),
        ("admin/mod", "use crate::{http, pages};"),
        ("http/mod", "use crate::pages::X;"),
        ("http/mod", "use crate::ledger::X;"),
    ] {
        assert_eq!(apart(from, text), 1, "{from}: {text}");
    }
    for (from, text) in [
        ("pages/link", "use crate::http::X; use super::X as Y;"),
        ("ledger", "use crate::{http::X, pages};"),
        ("api/mod", "use crate::http;"),
    ] {
        assert_eq!(apart(from, text), 0, "{from}: {text}");
    }
}
