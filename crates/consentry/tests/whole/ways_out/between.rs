//! What may stand between the outside and `consentry serve`, or between a message and its reader: a proxy that can be made
//! to misbehave, and a click tracker.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use data_encoding::HEXLOWER;

/// How a [`Proxy`] behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Hands everything on as it is.
    Straight,
    /// Lets no POST through.
    NoPost,
    /// Answers POST with 200 by itself.
    Swallows,
    /// Hands POST on without its body.
    DropsBody,
    /// Answers POST with a redirect to another address.
    Redirects,
    /// Shows a page of its own for those of links.
    Parked,
    /// Presses the button of every page before it is handed on, as some security products do.
    Presses,
    /// Puts its own name in the place of the User-Agent.
    Renames,
    /// Closes every connection.
    Dead,
}

/// A server on a port of its own, for as long as the test runs.
fn serve(answer: impl Fn(&str, &[u8], &mut TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
            if let Some((head, body)) = read(&mut stream) {
                answer(&head, &body, &mut stream);
            }
        }
    });
    port
}

/// A request's head and body.
fn read(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().unwrap())
            });
            let mut body = bytes.split_off(end + 4);
            while body.len() < length.unwrap_or(0) {
                let count = stream.read(&mut buffer).ok().filter(|count| *count > 0)?;
                body.extend_from_slice(&buffer[..count]);
            }
            return Some((head, body));
        }
        let count = stream.read(&mut buffer).ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&buffer[..count]);
    }
}

fn say(stream: &mut TcpStream, status: &str, fields: &str, body: &str) {
    let length = body.len();
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{fields}\r\n{body}"
    );
}

/// Stands in front of `serve`.
pub struct Proxy {
    pub port: u16,
    manner: Arc<Mutex<Manner>>,
}

impl Proxy {
    /// In front of a server that will be at this address.
    pub fn before(upstream: String) -> Self {
        let manner = Arc::new(Mutex::new(Manner::Straight));
        let behaves = Arc::clone(&manner);
        let port = serve(move |head, body, stream| {
            let manner = *behaves.lock().unwrap();
            handle(manner, &upstream, head, body, stream);
        });
        Self { port, manner }
    }

    pub fn becomes(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

fn handle(manner: Manner, upstream: &str, head: &str, body: &[u8], stream: &mut TcpStream) {
    let posts = head.starts_with("POST");
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let of_link = ["/u/", "/p/", "/s/"].iter().any(|page| path.starts_with(page));
    match manner {
        Manner::NoPost if posts => say(stream, "405 Method Not Allowed", "Allow: GET\r\n", ""),
        Manner::Swallows if posts => say(stream, "200 OK", "", "<h1>Thank you</h1>"),
        Manner::Redirects if posts => {
            say(stream, "301 Moved", "Location: https://www.brand.example/\r\n", "");
        }
        Manner::Parked if of_link && !posts => {
            say(
                stream,
                "200 OK",
                "Content-Type: text/html\r\n",
                "<h1>Soon here</h1><form><input name=q></form>",
            );
        }
        Manner::DropsBody if posts => pass_on(upstream, head, b"", stream),
        Manner::Renames => {
            let line = |line: &str| {
                let named = line.to_ascii_lowercase().starts_with("user-agent:");
                if named { "User-Agent: Shield/1.0".to_owned() } else { line.to_owned() }
            };
            let head: Vec<String> = head.lines().map(line).collect();
            pass_on(upstream, &head.join("\r\n"), body, stream);
        }
        Manner::Dead => {}
        _ => {
            if manner == Manner::Presses && head.starts_with("GET /u/") {
                let pressed = "via=page&action=unsubscribe";
                let press = format!(
                    "POST {path} HTTP/1.1\r\nHost: {upstream}\r\nUser-Agent: Scanner/9\r\n\
                     Content-Type: application/x-www-form-urlencoded"
                );
                let mut answer = Vec::new();
                ask(upstream, &press, pressed.as_bytes(), &mut answer);
                assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
            }
            pass_on(upstream, head, body, stream);
        }
    }
}

fn pass_on(upstream: &str, head: &str, body: &[u8], stream: &mut TcpStream) {
    let mut answer = Vec::new();
    ask(upstream, head, body, &mut answer);
    let _ = stream.write_all(&answer);
}

fn ask(upstream: &str, head: &str, body: &[u8], answer: &mut Vec<u8>) {
    let Ok(mut server) = TcpStream::connect(upstream) else { return };
    let kept = |line: &&str| {
        let line = line.to_ascii_lowercase();
        !line.starts_with("content-length:") && !line.starts_with("connection:")
    };
    let head: Vec<&str> = head.lines().filter(kept).collect();
    let head =
        format!("{}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", head.join("\r\n"), body.len());
    server.write_all(head.as_bytes()).unwrap();
    server.write_all(body).unwrap();
    server.read_to_end(answer).unwrap();
}

/// A click tracker: every link through it leads on to where it led before. Its port.
pub fn tracker() -> u16 {
    serve(|head, _, stream| {
        let code = head.split(' ').nth(1).and_then(|path| path.strip_prefix("/click/")).unwrap_or_default();
        match HEXLOWER.decode(code.as_bytes()).map(String::from_utf8) {
            Ok(Ok(url)) if !url.is_empty() => {
                say(stream, "302 Found", &format!("Location: {url}\r\n"), "");
            }
            _ => say(stream, "404 Not Found", "", ""),
        }
    })
}

/// A provider of texts that takes all of them, as Twilio does. Its port.
pub fn provider() -> u16 {
    serve(|_, _, stream| {
        let body = r#"{"sid":"SM0123456789abcdef0123456789abcdef","status":"queued"}"#;
        say(stream, "201 Created", "Content-Type: application/json\r\n", body);
    })
}

/// A link as a click tracker rewrites it.
pub fn tracked(tracker: u16, url: &str) -> String {
    format!("http://127.0.0.1:{tracker}/click/{}", HEXLOWER.encode(url.as_bytes()))
}
