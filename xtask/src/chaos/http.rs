//! A client that opts people out, one request after the other on one connection.

use std::io::{BufRead, BufReader, Read, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_mins(1);
/// Longest header line, in bytes.
const LINE_BYTES_MAX: u64 = 16 << 10;
/// Largest body that is read, in bytes.
const BODY_BYTES_MAX: usize = 1 << 20;
/// RFC 8058.
const ONE_CLICK: &str = "List-Unsubscribe=One-Click";

/// A connection that is kept.
#[derive(Debug)]
pub struct Client {
    reader: BufReader<TcpStream>,
    writer: TcpStream,
}

impl Client {
    /// Connects to `port` of 127.0.0.1.
    ///
    /// # Errors
    /// When nobody listens.
    pub fn connect(port: u16) -> Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).context("the server doesn't answer")?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Self { writer: stream.try_clone()?, reader: BufReader::new(stream) })
    }

    /// Posts the one-click of RFC 8058 and gives the status.
    ///
    /// # Errors
    /// When no whole answer arrives: it is then unknown whether the server has acted.
    pub fn one_click(&mut self, path: &str) -> Result<u16> {
        self.post(path, "application/x-www-form-urlencoded", "", ONE_CLICK)
    }

    /// Posts `body` and gives the status; `header` holds further lines of the header, with their ends.
    ///
    /// # Errors
    /// When no whole answer arrives: it is then unknown whether the server has acted.
    pub fn post(&mut self, path: &str, content_type: &str, header: &str, body: &str) -> Result<u16> {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {content_type}\r\n{header}\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.writer.write_all(request.as_bytes())?;
        let head = self.line()?;
        let status = head.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
        let mut length = 0;
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().context("a length that is no number")?;
            }
        }
        ensure!(length <= BODY_BYTES_MAX, "an answer of {length} bytes");
        self.reader.read_exact(&mut vec![0; length])?;
        status.context("an answer without a status")
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        (&mut self.reader).take(LINE_BYTES_MAX).read_line(&mut line)?;
        ensure!(line.ends_with("\r\n"), "the connection ended");
        line.truncate(line.len() - 2);
        Ok(line)
    }
}
