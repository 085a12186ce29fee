//! No command makes a data directory in passing, and what is in one is for its owner alone.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::support::{Desk, Ran};

/// Commands that work on a data directory, one of each kind.
const COMMANDS: &[&[&str]] = &[
    &["serve", "--listen", "127.0.0.1:0"],
    &["list", "create", "news"],
    &["list", "show"],
    &["look", "show"],
    &["page", "list"],
    &["import", "profiles", "people.csv"],
    &["campaign", "run", "spring.toml"],
    &["campaign", "run", "spring.toml", "--dry-run"],
    &["campaign", "report"],
    &["campaign", "explain", "spring", "ann@example.com"],
    &["check", "--channel", "email", "--address", "ann@example.com"],
    &["profile", "show", "ann@example.com"],
    &["opt-out", "ann@example.com"],
    &["suppression", "add", "ann@example.com"],
    &["suppression", "list"],
    &["suppression", "import", "people.csv"],
    &["suppression", "export", "all.csv"],
    &["allow", "on", "email"],
    &["sms", "review"],
    &["ledger", "verify"],
    &["ledger", "key"],
    &["ledger", "receipt", "ent_1"],
    &["keys", "rotate"],
    &["backup", "copy"],
    &["doctor"],
    &["db", "copy", "sqlite:data", "postgres://nobody@127.0.0.1:1/none"],
];

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Every command fails, names the whole path and a remedy, and changes nothing.
fn all_refuse(desk: &Desk, says: &str) {
    desk.write("people.csv", "email\nann@example.com\n");
    desk.write("spring.toml", "name = 'spring'\n");
    let before = names(desk.folder.path());
    let within = |desk: &Desk| desk.data_dir().is_dir().then(|| names(&desk.data_dir()));
    let inside = within(desk);
    let whole = desk.data_dir().display().to_string();
    let look = |ran: Ran, command: &[&str]| {
        assert!(ran.err.contains(says), "{command:?}: {}", ran.err);
        assert!(ran.err.contains(&format!("error: {whole}: ")), "{command:?}: {}", ran.err);
        assert!(ran.err.contains("\nhint: ") && ran.out.is_empty(), "{command:?}: {} {}", ran.err, ran.out);
        assert_eq!(names(desk.folder.path()), before, "{command:?}");
        assert_eq!(within(desk), inside, "{command:?}");
    };
    for command in COMMANDS {
        look(desk.run(command).exits(1), command);
    }
    let mail = ["intake", "mail", "--from", "a@example.com", "--to", "u.x@example.com"];
    look(desk.run(&mail).exits(75), &mail);
}

#[test]
fn without_one_every_command_fails_and_says_where_it_looked() {
    let desk = Desk::bare();
    all_refuse(&desk, "there is no data directory");
    let ran =
        desk.run(&["check", "--channel", "email", "--address", "a@example.com", "--data-dir", "./x/../y"]);
    let ran = ran.exits(1);
    assert!(
        ran.err.contains(desk.folder.path().to_str().unwrap()),
        "a relative path is told whole: {}",
        ran.err
    );
    for remedy in ["--data-dir", "CONSENTRY_DATA_DIR", "consentry init"] {
        assert!(ran.err.contains(remedy), "{}", ran.err);
    }
}

#[test]
fn what_is_no_data_directory_is_told_for_what_it_is() {
    let desk = Desk::bare();
    fs::write(desk.data_dir(), "a file").unwrap();
    all_refuse(&desk, "is no folder");
    fs::remove_file(desk.data_dir()).unwrap();
    std::os::unix::fs::symlink("gone", desk.data_dir()).unwrap();
    all_refuse(&desk, "a symbolic link to gone, which isn't there");
    fs::remove_file(desk.data_dir()).unwrap();
    fs::create_dir(desk.data_dir()).unwrap();
    all_refuse(&desk, "is empty");
    fs::write(desk.data_dir().join("letter.txt"), "").unwrap();
    all_refuse(&desk, "neither master.key nor consentry.sqlite3");
    let refused = desk.run(&["init", "--brand", "B"]).exits(1);
    assert!(refused.err.contains("exists and isn't empty"), "{}", refused.err);
    desk.run(&["check", "--channel", "email", "--address", "a@example.com", "--create"]).exits(1);
    assert_eq!(names(&desk.data_dir()), ["letter.txt"]);
}

#[test]
fn half_of_a_data_directory_says_which_half_is_missing() {
    let desk = Desk::new();
    desk.run(&["opt-out", "ann@example.com"]).exits(0);
    let file = |name: &str| desk.data_dir().join(name);
    fs::rename(file("master.key"), desk.path("kept.key")).unwrap();
    all_refuse(&desk, "master.key is missing, though consentry.sqlite3 is there");
    for make in [&["init", "--brand", "B"][..], &["list", "create", "x", "--create"]] {
        let refused = desk.run(make).exits(1);
        assert!(refused.err.contains("put master.key back from a backup"), "{}", refused.err);
    }
    fs::rename(desk.path("kept.key"), file("master.key")).unwrap();
    desk.run(&["check", "--channel", "email", "--address", "ann@example.com"]).exits(3);
    fs::rename(file("consentry.sqlite3"), desk.path("kept.sqlite3")).unwrap();
    all_refuse(&desk, "consentry.sqlite3 is missing, though master.key is there");
    // Neither is a new one begun where there has been one: everybody in it could be sent to again.
    for make in [&["init", "--brand", "B"][..], &["list", "create", "x", "--create"]] {
        let refused = desk.run(make).exits(1);
        assert!(refused.err.contains("--database or CONSENTRY_DATABASE"), "{}", refused.err);
        assert!(!file("consentry.sqlite3").exists());
    }
    fs::write(file("consentry.sqlite3"), "").unwrap();
    all_refuse(&desk, "consentry.sqlite3 is empty");
    desk.run(&["init", "--brand", "B"]).exits(1);
    fs::rename(desk.path("kept.sqlite3"), file("consentry.sqlite3")).unwrap();
    desk.run(&["check", "--channel", "email", "--address", "ann@example.com"]).exits(3);
}

#[test]
fn a_key_alone_is_no_place_for_a_new_state_made_in_passing() {
    let desk = Desk::new();
    let key = fs::read(desk.data_dir().join("master.key")).unwrap();
    fs::remove_dir_all(desk.data_dir()).unwrap();
    fs::create_dir(desk.data_dir()).unwrap();
    fs::write(desk.data_dir().join("master.key"), key).unwrap();
    for command in [
        &["list", "create", "x", "--create"][..],
        &["check", "--channel", "email", "--address", "a@example.com", "--create"],
    ] {
        let refused = desk.run(command).exits(1);
        assert!(
            refused.err.contains("consentry.sqlite3 is missing, though master.key is there"),
            "{}",
            refused.err
        );
        assert!(refused.err.contains("\nhint: "), "{}", refused.err);
        assert_eq!(names(&desk.data_dir()), ["master.key"]);
    }
    desk.run(&["init", "--brand", "B"]).exits(0);
}

#[test]
fn init_the_switch_and_a_link_lead_to_one() {
    let desk = Desk::bare();
    fs::create_dir(desk.path("volume")).unwrap();
    fs::create_dir(desk.path("volume/lost+found")).unwrap();
    std::os::unix::fs::symlink("volume", desk.data_dir()).unwrap();
    desk.run(&["init"]).exits(0);
    desk.run(&["opt-out", "ann@example.com"]).exits(0);
    desk.run(&["check", "--channel", "email", "--address", "ann@example.com", "--data-dir", "volume"])
        .exits(3);
    let made = ["--data-dir", "new/deep", "--create"];
    desk.run(&[&["list", "create", "news"], &made[..]].concat()).exits(0);
    desk.run(&["list", "show", "news", "--data-dir", "new/deep"]).exits(0);
    // A key that was put in place for a new installation.
    fs::create_dir(desk.path("keyed")).unwrap();
    fs::write(desk.path("keyed/master.key"), [7; 32]).unwrap();
    desk.run(&["list", "show", "--data-dir", "keyed"]).exits(1);
    desk.run(&["init", "--data-dir", "keyed"]).exits(0);
    assert_eq!(fs::read(desk.path("keyed/master.key")).unwrap(), [7; 32]);
}

#[test]
fn on_postgresql_a_node_brings_its_key_and_a_database_is_set_up_by_name() {
    let desk = Desk::on_postgres();
    desk.run(&["opt-out", "ann@example.com"]).exits(0);
    let check = ["check", "--channel", "email", "--address", "ann@example.com"];
    let node = |dir: &str| desk.run(&[&check[..], &["--data-dir", dir]].concat());
    let missing = node("node-2").exits(1);
    assert!(missing.err.contains("there is no data directory"), "{}", missing.err);
    assert!(missing.err.contains("copy master.key from another node"), "{}", missing.err);
    fs::create_dir(desk.path("node-2")).unwrap();
    node("node-2").exits(1);
    assert_eq!(names(&desk.path("node-2")).len(), 0);
    fs::copy(desk.data_dir().join("master.key"), desk.path("node-2/master.key")).unwrap();
    node("node-2").exits(3);
    // A database that nobody has set up is not one in which nobody has opted out.
    let server = xtask::servers::shared().unwrap().unwrap();
    let empty = server.database("data_dir_empty", |_| Ok(())).unwrap();
    let elsewhere = |arguments: &[&str]| desk.run(&[arguments, &["--database", &empty.url()]].concat());
    let refused = elsewhere(&check).exits(1);
    assert!(refused.err.contains("doesn't exist") && refused.err.contains("db migrate"), "{}", refused.err);
    elsewhere(&["db", "status"]).exits(1);
    assert_eq!(empty.psql("SELECT to_regclass('consentry_schema') IS NULL").unwrap(), "t");
    // Set up by name, a node that brings its key begins; not one that has worked with another database.
    elsewhere(&["db", "migrate"]).exits(0);
    let other = elsewhere(&check).exits(1);
    assert!(other.err.contains("isn't the database that this node worked with"), "{}", other.err);
    fs::create_dir(desk.path("first")).unwrap();
    fs::write(desk.path("first/master.key"), [7; 32]).unwrap();
    elsewhere(&[&check[..], &["--data-dir", "first"]].concat()).exits(0);
}

/// Every file and folder below, with its mode.
fn modes(path: &Path, found: &mut Vec<(String, u32)>) {
    let meta = fs::symlink_metadata(path).unwrap();
    found.push((path.display().to_string(), meta.permissions().mode() & 0o777));
    if meta.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            modes(&entry.unwrap().path(), found);
        }
    }
}

#[test]
fn whatever_the_umask_and_the_folder_files_are_for_their_owner_alone() {
    let desk = Desk::bare();
    fs::create_dir(desk.data_dir()).unwrap();
    fs::set_permissions(desk.data_dir(), fs::Permissions::from_mode(0o755)).unwrap();
    desk.write("people.csv", "id,email,consent.email\n1,ann@example.com,n\n2,nonsense,y\n");
    desk.write("entries.csv", "TYPE,VALUE,COMMENT\nEMAIL,eve@example.com,x\nEMAIL,nonsense,x\n");
    let open = |name: &str| {
        let file = desk.write(name, "of before");
        fs::set_permissions(file, fs::Permissions::from_mode(0o666)).unwrap();
    };
    open("rejects.csv");
    open("errors.csv");
    fs::create_dir(desk.path("copy")).unwrap();
    let unmasked = |arguments: &[&str]| {
        let binary = env!("CARGO_BIN_EXE_consentry");
        let mut command = std::process::Command::new("sh");
        command.args(["-c", "umask 000; exec \"$@\"", "sh", binary]).args(arguments);
        command.env("CONSENTRY_DATA_DIR", desk.data_dir()).current_dir(desk.folder.path());
        // Files with rows that can't be read may have a code of their own.
        command.output().unwrap();
    };
    unmasked(&["init"]);
    unmasked(&["import", "profiles", "people.csv", "--rejects", "rejects.csv"]);
    unmasked(&["suppression", "import", "entries.csv", "--errors", "errors.csv"]);
    unmasked(&["suppression", "export", "all.csv"]);
    unmasked(&["opt-out", "ann@example.com", "--level", "any"]);
    unmasked(&["backup", "copy"]);
    let mut found = Vec::new();
    for name in ["data", "copy", "rejects.csv", "errors.csv", "all.csv"] {
        modes(&desk.path(name), &mut found);
    }
    assert!(found.len() > 20, "{found:?}");
    for (path, mode) in &found {
        let expected = if Path::new(path).is_dir() { 0o700 } else { 0o600 };
        assert_eq!(*mode, expected, "{path} has mode {mode:o}");
    }
    desk.run(&["doctor"]).exits(0);
    desk.run(&["doctor", "--data-dir", "copy"]).exits(0);
    // Those of before are told by name.
    for (name, mode) in [("consentry.sqlite3", 0o644), ("ledger/checkpoint", 0o604), ("", 0o755)] {
        let file = desk.data_dir().join(name);
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        let told = desk.run(&["doctor"]).exits(1).out;
        let path = desk.data_dir().join(name).display().to_string();
        assert!(told.contains(&format!("{} has mode {mode:o}", path.trim_end_matches('/'))), "{told}");
        assert!(told.contains("chmod -R go= "), "{told}");
        fs::set_permissions(&file, fs::Permissions::from_mode(if name.is_empty() { 0o700 } else { 0o600 }))
            .unwrap();
    }
    desk.run(&["doctor"]).exits(0);
}
