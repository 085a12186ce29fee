//! The PostgreSQL servers that other tests lean on do what they say.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use xtask::servers::{Cluster, ClusterOptions, Server, StopMode, poll_until, shared};

const LIMIT: Duration = Duration::from_secs(30);
const TABLE: &str = "CREATE TABLE note (id BIGINT PRIMARY KEY, text TEXT NOT NULL)";

fn start() -> Result<Option<Cluster>> {
    Cluster::start(&ClusterOptions::default())
}

/// Asks over TCP with the password, as nodes do.
fn ask(url: &str, sql: &str) -> Result<String> {
    let mut psql = Command::new("psql");
    // Without the caller's own certificates and passwords.
    psql.args(["-X", "-A", "-t", "-q", "-d", url, "-c", sql]).env("HOME", "/nonexistent");
    let output = psql.output()?;
    anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?.trim_end().to_owned())
}

fn insert(server: &Server, id: u32) -> Result<()> {
    server.psql(&format!("INSERT INTO note VALUES ({id}, 'kept')")).map(drop)
}

fn ids(server: &Server) -> Result<String> {
    server.psql("SELECT string_agg(id::text, ',' ORDER BY id) FROM note")
}

/// Servers whose data is in `folder`, by their command lines, which everybody may read.
fn servers_in(folder: &Path) -> usize {
    let data = format!("postgres\0-D\0{}/", folder.display());
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let lines = entries.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    lines.filter(|line| String::from_utf8_lossy(line).contains(&data)).count()
}

#[test]
fn answers_with_the_password_only_and_leaves_nothing_behind() -> Result<()> {
    let Some(cluster) = start()? else { return Ok(()) };
    let folder = cluster.folder().to_owned();
    assert!(servers_in(&folder) > 0);
    let url = cluster.url("postgres");
    let sql =
        "SELECT current_setting('fsync'), current_setting('wal_level'), current_setting('listen_addresses')";
    assert_eq!(ask(&url, sql)?, "on|replica|127.0.0.1");
    assert!(!url.contains(":tester@"));
    let error = ask(&url.replace(cluster.password(), "wrong"), "SELECT 1").unwrap_err().to_string();
    assert!(error.contains("password authentication failed"), "{error}");
    let error = cluster.psql("SELECT nothing").unwrap_err().to_string();
    assert!(error.contains("\"nothing\" does not exist"), "{error}");
    cluster.create_database("one", "template0")?;
    assert!(cluster.create_database("one", "template0").is_err());
    assert!(cluster.create_database("two; DROP", "template0").is_err());
    cluster.drop_database("one")?;
    drop(cluster);
    assert!(!folder.exists());
    assert_eq!(servers_in(&folder), 0);
    Ok(())
}

#[test]
fn settings_that_are_asked_for_win() -> Result<()> {
    let settings = vec![("max_connections".to_owned(), "17".to_owned())];
    let options = ClusterOptions { settings, durable: false, tls: false };
    let Some(cluster) = Cluster::start(&options)? else { return Ok(()) };
    let sql = "SELECT current_setting('max_connections'), current_setting('fsync')";
    assert_eq!(cluster.psql(sql)?, "17|off");
    Ok(())
}

#[test]
fn what_was_committed_outlives_kills_and_restarts() -> Result<()> {
    let Some(cluster) = start()? else { return Ok(()) };
    let port = cluster.port();
    cluster.psql(TABLE)?;
    insert(&cluster, 1)?;
    cluster.kill9_postmaster()?;
    assert!(cluster.psql("SELECT 1").is_err());
    cluster.start()?;
    insert(&cluster, 2)?;
    cluster.restart(StopMode::Fast)?;
    insert(&cluster, 3)?;
    cluster.restart(StopMode::Immediate)?;
    insert(&cluster, 4)?;
    cluster.stop(StopMode::Fast)?;
    assert!(ask(&cluster.url("postgres"), "SELECT 1").is_err());
    cluster.restart(StopMode::Fast)?;
    assert_eq!(ids(&cluster)?, "1,2,3,4");
    assert_eq!(cluster.port(), port);
    Ok(())
}

#[test]
fn a_synchronous_standby_has_everything_and_takes_over() -> Result<()> {
    let Some(primary) = start()? else { return Ok(()) };
    primary.psql(TABLE)?;
    insert(&primary, 1)?;
    let standby = primary.standby(true)?;
    assert_eq!(primary.psql("SELECT sync_state FROM pg_stat_replication")?, "sync");
    insert(&primary, 2)?;
    assert!(insert(&standby, 3).is_err(), "a standby takes no writes");
    primary.kill9_postmaster()?;
    standby.promote()?;
    assert_eq!(ids(&standby)?, "1,2");
    // It waits for no standby of its own.
    insert(&standby, 3)?;
    let writable = format!("{}?target_session_attrs=read-write", primary.url_with(&standby, "postgres"));
    assert_eq!(ask(&writable, "SELECT count(*) FROM note")?, "3");
    Ok(())
}

#[test]
fn a_synchronous_primary_acknowledges_nothing_that_its_standby_lacks() -> Result<()> {
    let Some(primary) = start()? else { return Ok(()) };
    primary.psql(TABLE)?;
    let standby = primary.standby(true)?;
    standby.stop(StopMode::Fast)?;
    let patient = "SET statement_timeout = '500ms'; INSERT INTO note VALUES (1, 'not yet')";
    thread::scope(|scope| {
        let insert = scope.spawn(|| primary.psql(patient));
        let waits = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep')";
        assert!(poll_until(LIMIT, || Ok(primary.psql(waits)? == "t"))?);
        assert!(!insert.is_finished());
        standby.start()?;
        assert!(insert.join().is_ok());
        anyhow::Ok(())
    })?;
    assert!(poll_until(LIMIT, || Ok(ids(&standby)? == "1"))?);
    Ok(())
}

#[test]
fn tls_shows_a_certificate_that_can_be_verified() -> Result<()> {
    let options = ClusterOptions { tls: true, ..ClusterOptions::default() };
    let Some(cluster) = Cluster::start(&options)? else { return Ok(()) };
    let sql = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    let with = |mode: &str, root: &Path| {
        ask(&format!("{}?sslmode={mode}&sslrootcert={}", cluster.url("postgres"), root.display()), sql)
    };
    assert_eq!(with("verify-full", &cluster.certificate())?, "t");
    assert_eq!(with("disable", &cluster.certificate())?, "f");
    let Some(other) = Cluster::start(&options)? else { return Ok(()) };
    assert!(with("verify-full", &other.certificate()).is_err(), "another's certificate is trusted");
    Ok(())
}

#[test]
fn each_test_gets_a_database_from_a_template_that_is_made_once() -> Result<()> {
    let Some(shared) = shared()? else { return Ok(()) };
    let failing = shared.database("failing", |_| anyhow::bail!("as asked"));
    assert!(format!("{:#}", failing.unwrap_err()).contains("as asked"));
    let prepare =
        |url: &str| ask(url, &format!("{TABLE}; INSERT INTO note VALUES (1, 'template')")).map(drop);
    let one = shared.database("notes", prepare)?;
    let other = shared.database("notes", |_| anyhow::bail!("it is there"))?;
    assert_ne!(one.name(), other.name());
    ask(&one.url(), "INSERT INTO note VALUES (2, 'one')")?;
    assert_eq!(one.psql("SELECT count(*) FROM note")?, "2");
    assert_eq!(other.psql("SELECT count(*) FROM note")?, "1");
    let copy = one.copy()?;
    assert_eq!(copy.psql("SELECT count(*) FROM note")?, "2");
    let gone = one.name().to_owned();
    drop(one);
    assert!(shared.psql_in(&gone, "SELECT 1").is_err());
    Ok(())
}

/// Set for the copy of this test that gets killed.
const KILLED: &str = "CONSENTRY_TEST_POSTGRES_KILLED";

#[test]
fn a_killed_process_leaves_no_server() -> Result<()> {
    if std::env::var_os(KILLED).is_some() {
        let Some(cluster) = start()? else { return Ok(()) };
        println!("\nready {}", cluster.folder().display());
        loop {
            thread::park();
        }
    }
    if start()?.is_none() {
        return Ok(());
    }
    let mut copy = Command::new(std::env::current_exe()?);
    copy.args(["a_killed_process_leaves_no_server", "--exact", "--nocapture"]).env(KILLED, "1");
    let mut copy = copy.stdout(Stdio::piped()).spawn()?;
    let lines = BufReader::new(copy.stdout.take().context("no output")?).lines();
    let ready = |line: String| line.strip_prefix("ready ").map(PathBuf::from);
    let folder = lines.map_while(Result::ok).find_map(ready).context("it doesn't start")?;
    let servers = servers_in(&folder);
    copy.kill()?;
    copy.wait()?;
    assert!(servers > 0);
    assert!(poll_until(LIMIT, || Ok(!folder.exists()))?);
    assert_eq!(servers_in(&folder), 0);
    Ok(())
}

/// Set for the copy of this test that stands for a run of nextest.
const RUN: &str = "CONSENTRY_TEST_POSTGRES_RUN";

#[test]
fn tests_of_one_nextest_run_share_a_server_that_ends_with_it() -> Result<()> {
    if std::env::var_os(RUN).is_some() {
        let Some(shared) = shared()? else { return Ok(()) };
        let database = shared.database("notes", |url| ask(url, TABLE).map(drop))?;
        assert_eq!(database.psql("SELECT count(*) FROM note")?, "0");
        println!("\nport {}", shared.port());
        return Ok(());
    }
    if start()?.is_none() {
        return Ok(());
    }
    let id = format!("test-{}", std::process::id());
    let folder = std::env::temp_dir().join(format!("consentry-postgres-{id}"));
    // The shell is what nextest is: the parent of both.
    let script =
        "$0 $1 --exact --nocapture & $0 $1 --exact --nocapture; wait; test -d $2 && echo && echo there";
    let mut run = Command::new("sh");
    run.args(["-c", script]).arg(std::env::current_exe()?);
    run.arg("tests_of_one_nextest_run_share_a_server_that_ends_with_it").arg(&folder);
    let output = run.env(RUN, "1").env("NEXTEST_RUN_ID", &id).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let ports: Vec<_> = text.lines().filter(|line| line.starts_with("port ")).collect();
    assert_eq!(ports.len(), 2, "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(ports[0], ports[1]);
    assert!(text.lines().any(|line| line == "there"), "{text}");
    assert!(poll_until(LIMIT, || Ok(!folder.exists()))?);
    assert_eq!(servers_in(&folder), 0);
    Ok(())
}
