//! SIGTERM: nothing in hand is dropped.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::support::{Desk, Serving, ask};
use xtask::product::{Mailing, Pace, Receiver};
use xtask::servers::{free_port, poll_until};

const PATIENCE: Duration = Duration::from_mins(1);
/// So few and so slowly that the run is in the middle when it is told to stop, and ends with the test.
const PEOPLE: usize = 2_000;
const PACE: Pace = Pace { each: Duration::from_millis(20), hiccup_every: 0, hiccup: Duration::ZERO };

fn serve(desk: &Desk, drain_seconds: &str) -> Serving {
    let address = format!("127.0.0.1:{}", free_port().unwrap());
    let arguments = ["serve", "--listen", &address, "--drain-seconds", drain_seconds];
    let child = desk.command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let serving = Serving { child, address };
    assert!(poll_until(PATIENCE, || Ok(accepts(&serving.address))).unwrap(), "serve doesn't answer");
    serving
}

fn accepts(address: &str) -> bool {
    TcpStream::connect(address).is_ok()
}

fn terminate(child: &Child) {
    let status = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

fn exit_code(mut child: impl AsMut<Child>) -> Option<i32> {
    assert!(poll_until(PATIENCE, || Ok(child.as_mut().try_wait()?.is_some())).unwrap(), "it hangs");
    child.as_mut().wait().unwrap().code()
}

/// So that [`exit_code`] can wait for a server that is killed when dropped.
struct Ending(Serving);

impl AsMut<Child> for Ending {
    fn as_mut(&mut self) -> &mut Child {
        &mut self.0.child
    }
}

#[test]
fn a_server_that_stops_says_so_and_serves_until_others_have_heard() {
    let desk = Desk::new();
    let serving = serve(&desk, "5");
    let get = |path: &str| ask(&serving.address, "GET", path, "text/plain", "").0;
    assert_eq!((get("/readyz"), get("/healthz")), (200, 200));
    terminate(&serving.child);
    assert!(poll_until(PATIENCE, || Ok(get("/readyz") == 503)).unwrap());
    assert_eq!((get("/healthz"), get("/robots.txt")), (200, 200));
    let address = serving.address.clone();
    assert_eq!(exit_code(Ending(serving)), Some(0));
    assert!(!accepts(&address));
}

#[test]
fn a_request_in_hand_is_answered_before_the_server_ends() {
    let desk = Desk::new();
    let serving = serve(&desk, "0");
    let mut stream = TcpStream::connect(&serving.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let body = "List-Unsubscribe=One-Click";
    let head = format!(
        "POST /u/no-such-token HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    // By this the server says that it waits for the body: the request is in its hand.
    let expected = b"HTTP/1.1 100 Continue\r\n\r\n";
    let mut answer = vec![0; expected.len()];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(answer, expected);
    terminate(&serving.child);
    assert!(poll_until(PATIENCE, || Ok(!accepts(&serving.address))).unwrap());
    stream.write_all(body.as_bytes()).unwrap();
    answer.clear();
    stream.read_to_end(&mut answer).unwrap();
    // The token is none, which is said by the handler once it has the body.
    assert!(answer.starts_with(b"HTTP/1.1 400 "), "{}", String::from_utf8_lossy(&answer));
    assert_eq!(exit_code(Ending(serving)), Some(0));
}

/// Killed when dropped.
struct Sending(Child);

impl AsMut<Child> for Sending {
    fn as_mut(&mut self) -> &mut Child {
        &mut self.0
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_run_that_stops_leaves_nothing_in_doubt_and_goes_on_later() {
    let (desk, receiver) = (Desk::new(), Receiver::start(PACE).unwrap());
    let people: Vec<String> = (0..PEOPLE).map(|n| format!("p{n}@example.com")).collect();
    desk.write("people.csv", format!("email\n{}\n", people.join("\n")));
    desk.run(&["import", "profiles", "people.csv"]).exits(0);
    Mailing::new("drain", receiver.port(), 8).write(&desk.path("campaign.toml")).unwrap();
    let mut command = desk.command(&["campaign", "run", "campaign.toml"]);
    let run = Sending(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    assert!(poll_until(PATIENCE, || Ok(receiver.whole() > 20)).unwrap());
    terminate(&run.0);
    assert_eq!(exit_code(run), Some(4));
    receiver.settle().unwrap();
    let sent = receiver.whole();
    assert!(sent < PEOPLE, "it was told to stop in the middle");
    let report = desk.run(&["campaign", "report", "drain", "--json"]).exits(0).json();
    assert_eq!((&report["data"][0]["sent"], &report["data"][0]["inDoubt"]), (&sent.into(), &0.into()));
    receiver.set_pace(Pace { each: Duration::ZERO, ..PACE });
    let ended = desk.run(&["campaign", "run", "campaign.toml", "--json"]).exits(0).json();
    assert_eq!(ended["sent"], PEOPLE);
    receiver.settle().unwrap();
    assert_eq!(receiver.whole(), PEOPLE);
}
