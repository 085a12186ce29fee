//! A program with a key.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use crate::support::{Desk, Serving};

/// An answer, taken apart.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The end of the problem's type.
    pub fn code(&self) -> String {
        let json = self.json();
        let kind = json["type"].as_str().unwrap_or_default();
        kind.strip_prefix("urn:consentry:problem:").unwrap_or_default().to_owned()
    }

    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }
}

/// Makes a key at the command line.
pub fn key(desk: &Desk, name: &str, arguments: &[&str]) -> String {
    let made = desk.run(&[&["key", "create", name, "--json"], arguments].concat()).exits(0).json();
    made["secret"].as_str().unwrap().to_owned()
}

/// A request; the body's kind is JSON unless `headers` say otherwise.
pub fn call(
    serving: &Serving,
    key: Option<&str>,
    (method, path): (&str, &str),
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    call_at(&serving.address, key, (method, path), headers, body)
}

/// The same at an address.
pub fn call_at(
    address: &str,
    key: Option<&str>,
    (method, path): (&str, &str),
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    if let Some(key) = key {
        head.extend(["Authorization: Bearer ", key, "\r\n"]);
    }
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
        head.push_str("Content-Type: application/json\r\n");
    }
    for (name, value) in headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    head.push_str("Content-Length: ");
    head.push_str(&body.len().to_string());
    head.push_str("\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    // A server that refuses a body may close before all of it was sent.
    let _ = stream.write_all(body);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    let body = if chunked { unchunked(body) } else { body.to_owned() };
    Answer { status, head: head.to_owned(), body }
}

/// Chunks put together (RFC 9112 section 7.1); ours are ASCII.
fn unchunked(mut body: &str) -> String {
    let mut whole = String::new();
    while let Some((length, rest)) = body.split_once("\r\n") {
        let length = usize::from_str_radix(length.trim(), 16).unwrap_or(0);
        if length == 0 || rest.len() < length {
            break;
        }
        whole.push_str(&rest[..length]);
        body = rest[length..].trim_start_matches("\r\n");
    }
    whole
}

/// A server with a program that has all scopes.
pub struct Program {
    pub serving: Serving,
    pub key: String,
}

impl Program {
    pub fn new(desk: &Desk) -> Self {
        let key = key(desk, "admin", &["--role", "admin"]);
        Self { serving: desk.serve(), key }
    }

    pub fn get(&self, path: &str) -> Answer {
        call(&self.serving, Some(&self.key), ("GET", &format!("/api/v1{path}")), &[], b"")
    }

    pub fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.send_with(method, path, &[], body)
    }

    pub fn send_with(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let path = format!("/api/v1{path}");
        call(&self.serving, Some(&self.key), (method, &path), headers, body.to_string().as_bytes())
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, body)
    }

    pub fn lines(&self, path: &str, headers: &[(&str, &str)], lines: &str) -> Answer {
        let headers = [&[("Content-Type", "application/x-ndjson")], headers].concat();
        call(&self.serving, Some(&self.key), ("POST", &format!("/api/v1{path}")), &headers, lines.as_bytes())
    }
}

/// The OpenAPI document of a server.
pub fn document(serving: &Serving) -> Value {
    call(serving, None, ("GET", "/api/openapi.json"), &[], b"").is(200).json()
}

/// Every operation of a document: method, path, operation.
pub fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    let of = |(path, operations): (&String, &Value)| {
        let path = path.clone();
        let operations = operations.as_object().unwrap().clone();
        operations
            .into_iter()
            .map(move |(method, operation)| (method.to_ascii_uppercase(), path.clone(), operation))
    };
    paths.iter().flat_map(of).collect()
}
