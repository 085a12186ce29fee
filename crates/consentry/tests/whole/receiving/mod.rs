//! Mail that comes back, through the real binary: from real mail servers, from Python's clients, out of a real mailbox.

mod bounces;
mod mailbox;
mod mailto;

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::{Desk, Serving};
use serde_json::Value;
use xtask::servers::{Postfix, free_port, poll_until};

/// How long a mail may take through a real server.
const PATIENCE: Duration = Duration::from_mins(1);

/// Debian's Python: its mail clients share no code with ours.
const PYTHON: &str = "/usr/bin/python3";
const SEND: &str = r"
import smtplib, sys
kind, place, sender, *to = sys.argv[1:]
host, _, port = place.rpartition(':')
client = smtplib.LMTP(place) if kind == 'unix' else smtplib.SMTP(host, int(port))
client.ehlo('client.example')
if kind == 'starttls':
    import ssl
    client.starttls(context=ssl._create_unverified_context())
try:
    refused = client.sendmail(sender, to, sys.stdin.buffer.read())
except smtplib.SMTPRecipientsRefused as error:
    refused = error.recipients
except smtplib.SMTPResponseException as error:
    refused = {address: (error.smtp_code, error.smtp_error) for address in to}
for address, (code, text) in refused.items():
    print(code, text.decode().split()[0])
client.quit()
";

/// A workspace with a brand's people, serving and receiving.
pub struct Inn {
    /// Its data directory, and the command line.
    pub desk: Desk,
    /// `consentry serve`.
    pub serving: Serving,
    /// The port on which it receives mail.
    pub smtp: u16,
}

impl Inn {
    /// With these people and this server file.
    pub fn open(people: &[&str], server_file: &str) -> Self {
        Self::open_with(people, server_file, |_| {})
    }

    /// The same, with further files made before it serves.
    pub fn open_with(people: &[&str], server_file: &str, prepare: impl Fn(&Desk)) -> Self {
        let desk = Desk::new();
        prepare(&desk);
        let rows: String = people.iter().flat_map(|address| [address, ",", address, "\n"]).collect();
        desk.write("people.csv", format!("id,email\n{rows}"));
        desk.run(&["init", "--mail-domain", "Back.Example"]).exits(0);
        desk.run(&["import", "profiles", "people.csv"]).exits(0);
        let smtp = free_port().unwrap();
        let socket = desk.path("lmtp.sock");
        let file = format!(
            "[mail]\nlisten = \"127.0.0.1:{smtp}\"\nlmtp = \"unix:{}\"\nhostname = \"back.example\"\n\
             extra = [\"fbl@back.example\"]\n{server_file}",
            socket.display()
        );
        desk.write("consentry.toml", file);
        let serving = desk.serve_with(&["--config", "consentry.toml", "--drain-seconds", "0"]);
        Self { desk, serving, smtp }
    }

    /// Sends the campaign through a relay.
    pub fn send(&self, relay: u16) -> Value {
        let url = self.serving.url();
        let campaign = format!(
            r#"
name = "spring"
[audience]
all = true
[configuration]
name = "main"
channel = "email"
category = "marketing"
from = "Brand <news@brand.example>"
public_url = "{url}"
bounce_domain = "back.example"
list_unsubscribe = {{ url = true, mailto = true }}
transport = {{ host = "127.0.0.1", port = {relay}, tls = "none" }}
[content]
subject = "Spring"
html = '<p>Hello</p><p>{filler}</p><p><a href="{{{{ unsubscribe_url }}}}">unsubscribe</a></p>'
"#,
            filler = "A long letter. ".repeat(100),
        );
        self.desk.write("spring.toml", campaign);
        self.desk.run(&["campaign", "run", "spring.toml", "--json"]).exits(0).json()
    }

    /// What `check` tells of an address, and whether it permits.
    pub fn check(&self, address: &str) -> (bool, Value) {
        let ran = self.desk.run(&["check", "--channel", "email", "--address", address, "--json"]);
        assert!(matches!(ran.code, 0 | 3), "{}", ran.err);
        (ran.code == 0, ran.json())
    }

    /// Waits until something came back about an address, and gives it.
    #[track_caller]
    pub fn came_back(&self, address: &str, log: impl Fn() -> String) -> (bool, Value) {
        let arrived = || Ok(!self.check(address).1["feedback"].as_array().unwrap().is_empty());
        assert!(poll_until(PATIENCE, arrived).unwrap(), "nothing came back about {address}:\n{}", log());
        self.check(address)
    }

    /// Sends a mail as a foreign client; the refusals, `550 5.1.1`, one a line.
    pub fn mail(&self, from: &str, to: &[&str], mail: &str) -> String {
        send("smtp", &format!("127.0.0.1:{}", self.smtp), from, to, mail)
    }
}

/// Hands a mail over by Python's own client, `smtp` or `lmtp`; the refusals, one a line.
pub fn send(kind: &str, place: &str, from: &str, to: &[&str], mail: &str) -> String {
    let mut python = Command::new(PYTHON);
    python.args(["-I", "-c", SEND, kind, place, from]).args(to);
    let mut child = python.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(mail.replace('\n', "\r\n").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "the client failed, see above");
    String::from_utf8(output.stdout).unwrap()
}

/// The unsubscribe address of a message, as its header field holds it.
pub fn mailto(message: &[u8]) -> String {
    let text =
        String::from_utf8_lossy(message).replace("\r\n", "\n").replace("\n\t", " ").replace("\n ", " ");
    let value = text.lines().find_map(|line| line.strip_prefix("List-Unsubscribe: ")).unwrap();
    let address = value.strip_prefix("<mailto:").unwrap_or_else(|| panic!("{value}"));
    address.split('?').next().unwrap().to_owned()
}

/// The envelope sender of a delivered message.
pub fn return_path(message: &[u8]) -> String {
    let text = String::from_utf8_lossy(message);
    let line = text.lines().find_map(|line| line.strip_prefix("Return-Path: <")).unwrap();
    line.trim_end().trim_end_matches('>').to_owned()
}

/// The message to one person out of a Maildir.
pub fn message_to(postfix: &Postfix, address: &str, count: usize) -> Vec<u8> {
    let mails = postfix.wait_for(count, PATIENCE).unwrap();
    let to = format!("To: <{address}>");
    mails.into_iter().find(|mail| String::from_utf8_lossy(mail).contains(&to)).unwrap()
}
