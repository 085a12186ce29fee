//! The mail receiver.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};
use std::time::Duration;

use anyhow::Result;

use super::target::Target;
use super::{Found, Size};

/// Sessions that are opened by each of four clients: together more than there are places.
const SESSIONS: usize = 40;
/// Lines of a message that doesn't end, of 1,000 bytes each, and how many such messages are begun.
const LINES: usize = 3_000;
const MESSAGES: usize = 40;

/// A session, and the greeting that it got.
fn session(port: u16) -> Result<(TcpStream, String)> {
    let stream = TcpStream::connect(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.set_write_timeout(Some(Duration::from_millis(500)))?;
    let mut line = String::new();
    // One that is turned away may be closed at once.
    let _ = BufReader::new(&stream).read_line(&mut line);
    Ok((stream, line))
}

/// Many sessions that say nothing, then messages that don't end; a client that comes later still gets its turn.
pub(super) fn places(target: &Target, size: Size) -> Result<Found> {
    let mut violations = Vec::new();
    let mut held = Vec::new();
    let mut turned_away = 0;
    for _ in 0..4 * SESSIONS {
        let (stream, greeting) = session(target.mail_port)?;
        if greeting.starts_with("421") {
            turned_away += 1;
        } else {
            held.push(stream);
        }
    }
    std::thread::sleep(size.time);
    drop(held);
    let line = format!("{}\r\n", "x".repeat(998)).repeat(LINES);
    let mut messages = Vec::new();
    for _ in 0..MESSAGES {
        let (mut stream, greeting) = session(target.mail_port)?;
        if !greeting.starts_with("220") {
            continue;
        }
        // Where the server has had enough, it says so and closes.
        let begin = "EHLO c.example\r\nMAIL FROM:<>\r\nRCPT TO:<postmaster>\r\nDATA\r\n";
        let _ = stream.write_all(begin.as_bytes()).and_then(|()| stream.write_all(line.as_bytes()));
        messages.push(stream);
    }
    let begun = messages.len();
    drop(messages);
    std::thread::sleep(Duration::from_millis(200));
    let (_last, greeting) = session(target.mail_port)?;
    if !greeting.starts_with("220") {
        violations.push(format!("a later client is told {:?}", greeting.trim()));
    }
    let tried = format!("{} silent sessions and {begun} messages of 3 MB without an end", 4 * SESSIONS);
    Ok(Found { tried, happened: format!("{turned_away} were turned away"), violations })
}
