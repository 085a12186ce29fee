//! The helpers that other tests lean on do what they say.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::json;
use xtask::servers::{Browser, Tmpfs, dkim, free_port, guard::Guard, poll_until};

const LIMIT: Duration = Duration::from_secs(30);

/// Signs the mail on standard input with dkimpy: key type, private key. Prints the signed mail.
const SIGN: &str = r#"
import sys, dkim
kind, key = sys.argv[1], sys.argv[2].encode()
headers = [b"from", b"subject", b"list-unsubscribe", b"list-unsubscribe-post"]
mail = sys.stdin.buffer.read()
algorithm = b"ed25519-sha256" if kind == "ed25519" else b"rsa-sha256"
signature = dkim.sign(mail, b"s1", b"example.com", key, include_headers=headers, signature_algorithm=algorithm)
sys.stdout.buffer.write(signature + mail)
"#;
const MAIL: &[u8] =
    b"From: a@example.com\r\nSubject: hello\r\nList-Unsubscribe: <https://example.com/u/1>\r\n\
    List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\r\nbody\r\n";
const RECORD: &str = "s1._domainkey.example.com";

fn sign(kind: &str, key: &str) -> Result<Vec<u8>> {
    let mut command = Command::new("/usr/bin/python3");
    command.args(["-I", "-c", SIGN, kind, key]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn()?;
    child.stdin.take().context("no input")?.write_all(MAIL)?;
    let output = child.wait_with_output()?;
    anyhow::ensure!(output.status.success(), "signing failed");
    Ok(output.stdout)
}

/// A private key as dkimpy wants it and the public one as a TXT record has it.
fn key_pair(kind: &str) -> Result<(String, String)> {
    let script = "set -e; f=$(mktemp); trap 'rm -f $f' EXIT; openssl genpkey -algorithm $0 -out $f 2>/dev/null; cat $f; \
        echo; openssl pkey -in $f -outform DER | base64 -w0; echo; openssl pkey -in $f -pubout -outform DER | base64 -w0";
    let output = Command::new("sh").args(["-c", script, kind]).output()?;
    let text = String::from_utf8(output.stdout)?;
    let mut lines = text.lines().rev();
    let (public, private) = (lines.next().context("no key")?, lines.next().context("no key")?);
    if kind == "ed25519" {
        // The raw key is the end of either DER form: 32 bytes, whose base64 doesn't align with that of the whole.
        return Ok((raw_end(private)?, format!("v=DKIM1; k=ed25519; p={}", raw_end(public)?)));
    }
    let pem = text.split("\n\n").next().context("no PEM")?.to_owned();
    Ok((pem, format!("v=DKIM1; k=rsa; p={public}")))
}

fn raw_end(base64: &str) -> Result<String> {
    let script = "printf %s $0 | base64 -d | tail -c 32 | base64 -w0";
    Ok(String::from_utf8(Command::new("sh").args(["-c", script, base64]).output()?.stdout)?)
}

#[test]
fn dkim_tells_a_good_signature_from_a_bad_one() -> Result<()> {
    let Some(none) = dkim::verify(MAIL, &[])? else { return Ok(()) };
    assert!(none.is_empty());
    for (kind, algorithm) in [("ed25519", "ed25519-sha256"), ("rsa", "rsa-sha256")] {
        let (private, record) = key_pair(kind)?;
        let mail = sign(kind, &private)?;
        let verify =
            |mail: &[u8], records: &[(&str, &str)]| dkim::verify(mail, records)?.context("it was there");
        let found = verify(&mail, &[(RECORD, &record)])?;
        assert_eq!(found.len(), 1);
        assert!(found[0].valid, "{kind}: {:?}", found[0]);
        assert_eq!(
            (&*found[0].domain, &*found[0].selector, &*found[0].algorithm),
            ("example.com", "s1", algorithm)
        );
        assert!(found[0].covers("List-Unsubscribe") && found[0].covers("List-Unsubscribe-Post"));
        assert!(!found[0].covers("Date"));

        let changed = String::from_utf8(mail.clone())?.replace("/u/1", "/u/2");
        assert!(!verify(changed.as_bytes(), &[(RECORD, &record)])?[0].valid);
        let (_, other) = key_pair(kind)?;
        assert!(!verify(&mail, &[(RECORD, &other)])?[0].valid);
        assert!(!verify(&mail, &[])?[0].valid);
    }
    Ok(())
}

#[test]
fn a_free_port_can_be_bound() -> Result<()> {
    let port = free_port()?;
    assert!(port > 0);
    TcpListener::bind(("127.0.0.1", port))?;
    Ok(())
}

#[test]
fn a_tmpfs_runs_full_and_goes_away() -> Result<()> {
    let Some(small) = Tmpfs::mount(1 << 20)? else { return Ok(()) };
    let folder = small.path().to_owned();
    std::fs::write(folder.join("fits"), vec![1; 1 << 19])?;
    let error = std::fs::write(folder.join("too much"), vec![1; 1 << 20]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
    drop(small);
    assert!(!folder.exists());
    Ok(())
}

/// Set for the copy of this test that gets killed: the file its guard makes.
const GUARDED: &str = "CONSENTRY_TEST_GUARDED";

#[test]
fn a_guard_cleans_up_when_its_process_is_killed() -> Result<()> {
    if let Some(mark) = std::env::var_os(GUARDED) {
        let _guard = Guard::new("touch \"$1\"", &[&mark])?;
        println!("\nready");
        loop {
            thread::park();
        }
    }
    let folder = tempfile::tempdir()?;
    let mark = folder.path().join("cleaned");
    let mut copy = Command::new(std::env::current_exe()?);
    copy.args(["a_guard_cleans_up_when_its_process_is_killed", "--exact", "--nocapture"]).env(GUARDED, &mark);
    let mut copy = copy.stdout(Stdio::piped()).spawn()?;
    let lines = BufReader::new(copy.stdout.take().context("no output")?).lines();
    assert!(lines.map_while(Result::ok).any(|line| line == "ready"));
    assert!(!mark.exists());
    copy.kill()?;
    copy.wait()?;
    assert!(poll_until(LIMIT, || Ok(mark.exists()))?);
    Ok(())
}

#[test]
fn a_guard_has_cleaned_up_when_it_is_dropped() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mark = folder.path().join("cleaned");
    let guard = Guard::new("touch \"$1\"", &[mark.as_os_str()])?;
    assert!(!mark.exists());
    drop(guard);
    assert!(mark.exists());
    Ok(())
}

/// Answers every request with the same page, under a strict content security policy.
fn serve(page: &'static str) -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || answer(stream, page));
        }
    });
    Ok(port)
}

fn answer(mut stream: TcpStream, page: &str) -> Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    let header = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\n\
        Content-Security-Policy: default-src 'none'; form-action 'self'";
    stream.write_all(format!("{header}\r\nContent-Length: {}\r\n\r\n{page}", page.len()).as_bytes())?;
    Ok(())
}

/// Opens the page, checks it with axe-core, and says what it saw.
const SCRIPT: &str = "export default async function (page, { arguments: { url }, axe }) {
  await page.goto(url);
  if (url.endsWith('/fail')) throw new Error('as asked');
  return { title: await page.title(), ids: (await axe(page)).map((violation) => violation.id) };
}";

#[test]
fn the_browser_runs_a_script_and_judges_a_page() -> Result<()> {
    let Some(browser) = Browser::find()? else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    let script = folder.path().join("script.mjs");
    std::fs::write(&script, SCRIPT)?;
    let good = serve(
        "<!doctype html><html lang=en><title>Fine</title><main><h1>Fine</h1><img alt='' src=a></main></html>",
    )?;
    let bad = serve("<!doctype html><html><title>Bad</title><main><h1>Bad</h1><img src=a></main></html>")?;
    let run = |port: u16, path: &str| {
        browser.run(&script, &json!({ "url": format!("http://127.0.0.1:{port}{path}") }))
    };
    assert_eq!(run(good, "/")?, json!({ "title": "Fine", "ids": [] }));
    assert_eq!(run(bad, "/")?, json!({ "title": "Bad", "ids": ["html-has-lang", "image-alt"] }));
    let error = run(good, "/fail").unwrap_err().to_string();
    assert!(error.contains("as asked"), "{error}");
    assert!(poll_until(LIMIT, || Ok(profiles_in_use() == 0))?);
    Ok(())
}

/// Browsers of ours that still run.
fn profiles_in_use() -> usize {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let lines = entries.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    lines
        .filter(|line| String::from_utf8_lossy(line).contains("--user-data-dir=/tmp/consentry-browser-"))
        .count()
}
