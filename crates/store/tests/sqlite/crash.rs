//! I2: what was acknowledged survives kill -9, and a disk that takes no more makes errors, not damage.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use store::Store;

use consent::{Choice, EntryId, Source};
use store::StoreError;
use store::ledger::VerifierKey;

use crate::conformance::support::{MAIN, change, email, named};
use crate::{START, open};

const DIR: &str = "STORE_TEST_DIR";
/// Writers of the child process.
const WRITERS: i64 = 8;
/// Kills of the first test.
const ROUNDS: usize = 3;
/// Acknowledged changes before a kill.
const ACKNOWLEDGED: usize = 150;

/// Not a test: the process that the tests below start. Prints `ack ADDRESS ENTRY` for each acknowledged change and ends
/// with `error TRANSIENT` at the first that fails.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run by other tests as a process of its own"]
async fn child() {
    let Some(dir) = std::env::var_os(DIR) else { return };
    let store = open(Path::new(&dir)).unwrap();
    let writers: Vec<_> = (0..WRITERS).map(|writer| tokio::spawn(write(store.clone(), writer))).collect();
    for writer in writers {
        let error = writer.await.unwrap();
        say(&format!("error {}", error.is_transient()));
    }
}

async fn write(store: Store, writer: i64) -> StoreError {
    let process = std::process::id();
    for number in 0.. {
        let name = format!("p{process}-{writer}-{number}@example.com");
        let at = consent::Timestamp(START + number);
        let mut refusal = change(named(&name), email(), Choice::No, Source::ONE_CLICK, at);
        refusal.evidence.raw = Some("x".repeat(500));
        match store.record(MAIN, vec![refusal]).await {
            Ok(recorded) => say(&format!("ack {name} {}", recorded[0].entry.unwrap().0)),
            Err(error) => return error,
        }
    }
    unreachable!("the loop has no end")
}

/// One line in one write, so that a kill leaves no half line behind a whole one.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(format!("\n{line}\n").as_bytes());
    let _ = out.flush();
}

/// Starts the child, by a shell script that runs it as `"$@"` if there is one.
fn spawn(dir: &Path, script: Option<&str>) -> Child {
    let program = std::env::current_exe().unwrap();
    let arguments = ["crash::child", "--exact", "--ignored", "--nocapture", "--test-threads=1"];
    let mut command = Command::new(if script.is_some() { Path::new("sh") } else { &program });
    if let Some(script) = script {
        command.args(["-c", script, "sh"]).arg(&program);
    }
    command.args(arguments).env(DIR, dir).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

/// Every acknowledged refusal is there under its entry, and the ledger proves all of it.
async fn assert_kept(dir: &Path, acknowledged: &[(String, i64)]) {
    let store = open(dir).unwrap();
    for (name, entry) in acknowledged {
        let owner =
            store.resolve(MAIN, vec![crate::conformance::support::address(name)]).await.unwrap().remove(0);
        let owner = owner.unwrap_or_else(|| panic!("{name} is lost"));
        let view = store.profile(MAIN, owner.profile).await.unwrap().unwrap();
        let held = &view.values[&consent::Field::Email];
        assert_eq!((held.choice, held.entry), (Choice::No, EntryId(*entry)), "{name}");
    }
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    let key = VerifierKey::parse(&store.ledger_verifier_key().unwrap()).unwrap();
    let report = store::ledger::verify(&store.ledger_dir(), Some(&key), &mut |_, _| ()).unwrap();
    assert!(report.size >= acknowledged.len() as u64);
}

fn acknowledged(line: &str) -> Option<(String, i64)> {
    let (name, entry) = line.strip_prefix("ack ")?.split_once(' ')?;
    Some((name.to_owned(), entry.parse().ok()?))
}

#[tokio::test]
async fn acknowledged_changes_survive_kill_9() {
    let dir = tempfile::tempdir().unwrap();
    let mut kept = Vec::new();
    for round in 1..=ROUNDS {
        let mut child = spawn(dir.path(), None);
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut lines = lines.filter_map(|line| acknowledged(&line));
        kept.extend(lines.by_ref().take(ACKNOWLEDGED));
        child.kill().unwrap();
        // What it said before it died counts too.
        kept.extend(lines);
        child.wait().unwrap();
        assert!(kept.len() >= ACKNOWLEDGED * round, "the child wrote {} in {round} rounds", kept.len());
        assert_kept(dir.path(), &kept).await;
    }
}

/// Runs the child until all its writers have failed; what it acknowledged until then.
fn run_into_the_wall(dir: &Path, script: &str) -> Vec<(String, i64)> {
    let mut child = spawn(dir, Some(script));
    let lines: Vec<_> = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok).collect();
    child.wait().unwrap();
    let errors: Vec<_> = lines.iter().filter(|line| line.starts_with("error")).collect();
    assert_eq!(errors.len() as i64, WRITERS, "every writer ends with an error");
    assert!(errors.iter().all(|line| *line == "error true"), "{errors:?}");
    let kept: Vec<_> = lines.iter().filter_map(|line| acknowledged(line)).collect();
    assert!(kept.len() > 100, "{} acknowledged", kept.len());
    kept
}

#[tokio::test]
async fn writes_that_fail_are_errors_and_no_damage() {
    let dir = tempfile::tempdir().unwrap();
    // No file can grow past 2 MiB, in blocks of 512 bytes.
    let kept = run_into_the_wall(dir.path(), "trap '' XFSZ; ulimit -f 4096; exec \"$@\"");
    assert_kept(dir.path(), &kept).await;
}

/// On a file system of 4 MiB, which only root can make; in a mount namespace that ends with the child.
#[tokio::test]
async fn a_full_disk_is_an_error_and_no_damage() {
    let (dir, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mount = format!("mount -t tmpfs -o size=4m tmpfs {}", dir.path().display());
    let allowed = Command::new("unshare").args(["-m", "sh", "-c", &mount]).stderr(Stdio::null()).status();
    if !allowed.is_ok_and(|status| status.success()) {
        eprintln!("skipped: this user can't mount a file system");
        return;
    }
    let copying = format!("cp -a {}/. {}", dir.path().display(), copy.path().display());
    let script = format!("exec unshare -m sh -c '{mount} && \"$@\"; {copying}' sh \"$@\"");
    let kept = run_into_the_wall(dir.path(), &script);
    assert_kept(copy.path(), &kept).await;
}
