//! Connections that are held.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::target::Target;
use super::{Found, Size};

/// File descriptors that the attacker needs for the rest.
const DESCRIPTORS_LEFT: usize = 100;
/// Clients that don't read, and requests of each.
const DEAF: usize = 100;
const ASKED: usize = 400;
/// Clients that ask for pages all the time.
const RELOADING: usize = 64;

/// Connects and sends the beginning of something, many times; what was opened is given back to be held.
pub(super) fn hold(port: u16, count: usize, said: &[u8]) -> Result<Vec<TcpStream>> {
    let count = count.min(descriptors()?.saturating_sub(DESCRIPTORS_LEFT));
    let mut held = Vec::with_capacity(count);
    for _ in 0..count {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_write_timeout(Some(Duration::from_millis(200)))?;
        // The server may have closed it meanwhile, or take no more.
        let _ = stream.write_all(said);
        held.push(stream);
    }
    Ok(held)
}

/// How many files this process may have open.
fn descriptors() -> Result<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits")?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    soft.context("the system doesn't say how many files may be open")
}

/// Heads of posts without bodies.
pub(super) fn heads(target: &Target, size: Size) -> Result<Found> {
    let head = "POST /u/x HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 26\r\n\r\n";
    let open = hold(target.port, size.connections.min(1024), head.as_bytes())?;
    std::thread::sleep(size.time);
    Ok(found(format!("{} heads of {} bytes without a body", open.len(), head.len())))
}

/// Requests that are begun.
pub(super) fn idle(target: &Target, size: Size) -> Result<Found> {
    let held = hold(target.port, size.connections, b"GET / HTTP/1.1\r\nHost: h\r\n")?;
    std::thread::sleep(size.time);
    Ok(found(format!("{} connections with half a head", held.len())))
}

/// Many requests on each connection, whose answers nobody reads.
pub(super) fn deaf(target: &Target, size: Size) -> Result<Found> {
    let asked = "GET /choices HTTP/1.1\r\nHost: h\r\n\r\n".repeat(ASKED);
    let held = hold(target.port, DEAF, asked.as_bytes())?;
    std::thread::sleep(size.time);
    Ok(found(format!("{} clients that ask for {ASKED} pages and read none", held.len())))
}

/// Pages that anybody can have rendered, on many connections at once, read as fast as they come.
pub(super) fn reload(target: &Target, size: Size) -> Result<Found> {
    let over = AtomicBool::new(false);
    let asked = ["/u/AAAA", "/p/AAAA", "/c/x", "/choices", "/lists/news", "/l/AAAA", "/nowhere"]
        .map(|path| format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n"))
        .concat();
    let streams = (0..RELOADING).map(|_| TcpStream::connect((Ipv4Addr::LOCALHOST, target.port)));
    let streams = streams.collect::<io::Result<Vec<_>>>()?;
    let reload = |mut stream: TcpStream| -> io::Result<usize> {
        stream.set_read_timeout(Some(Duration::from_millis(100)))?;
        let (mut buffer, mut taken) = (vec![0; 64 << 10], 0);
        while !over.load(Ordering::Relaxed) {
            stream.write_all(asked.as_bytes())?;
            taken += stream.read(&mut buffer).unwrap_or(0);
        }
        Ok(taken)
    };
    let reload = &reload;
    let taken: usize = std::thread::scope(|scope| {
        let readers: Vec<_> = streams.into_iter().map(|stream| scope.spawn(move || reload(stream))).collect();
        std::thread::sleep(size.time);
        over.store(true, Ordering::Relaxed);
        // One that was cut off is fine.
        readers.into_iter().filter_map(|reader| reader.join().ok()?.ok()).sum()
    });
    let tried = format!("{RELOADING} clients that ask for links' pages all the time");
    Ok(Found { happened: format!("they got {} MB", taken >> 20), ..found(tried) })
}

fn found(tried: String) -> Found {
    Found { tried, happened: "people and the load balancer were answered".to_owned(), violations: Vec::new() }
}
