//! The server and the load on it: connections that are kept, one request at a time on each, no pipelining. The same for both routes.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// `serve` says this, followed by the address, once it listens.
const SERVING: &str = "serving the public pages on http://127.0.0.1:";
/// Lines of the server's messages that are looked at for it.
const LINES_MAX: usize = 20;
/// Longest answer, with its head.
pub const ANSWER_BYTES_MAX: usize = 64 << 10;
/// How long one answer may take.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// `consentry serve`; killed when dropped.
pub struct Server {
    child: Child,
    /// On 127.0.0.1.
    pub port: u16,
}

impl Server {
    /// Starts it and waits until it listens.
    pub fn start(binary: &str, data: &Path) -> Result<Self> {
        let mut command = Command::new(binary);
        command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(data);
        let child =
            command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().context("can't start the server")?;
        let mut server = Self { child, port: 0 };
        let stderr = server.child.stderr.take().context("the server has no messages")?;
        let mut lines = BufReader::new(stderr).lines();
        let port = lines
            .by_ref()
            .take(LINES_MAX)
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix(SERVING)?.split('/').next()?.parse().ok());
        server.port = port.context("the server doesn't listen")?;
        // Whatever else it says goes on to be read, so that it never waits for us.
        let said = lines.map_while(Result::ok).filter(|line| !line.starts_with("hint:"));
        std::thread::spawn(move || said.for_each(|line| eprintln!("{line}")));
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already gone is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What one round of requests took.
pub struct Load {
    took: Duration,
    /// Sorted.
    latencies: Vec<Duration>,
}

impl Load {
    /// Answers per second over all connections.
    pub fn per_second(&self) -> f64 {
        self.latencies.len() as f64 / self.took.as_secs_f64()
    }

    /// The time within which this share of the answers came.
    pub fn latency(&self, share: f64) -> Duration {
        let at = (self.latencies.len() as f64 * share) as usize;
        self.latencies[at.min(self.latencies.len() - 1)]
    }
}

/// Sends every request once over `connections`, which are opened before the clock starts.
pub async fn run(port: u16, connections: usize, requests: Arc<[Box<[u8]>]>) -> Result<Load> {
    let mut streams = Vec::with_capacity(connections);
    for _ in 0..connections {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.context("the server doesn't answer")?;
        stream.set_nodelay(true)?;
        streams.push(stream);
    }
    let next = Arc::new(AtomicUsize::new(0));
    let begun = Instant::now();
    let mut clients = JoinSet::new();
    for stream in streams {
        clients.spawn(client(stream, Arc::clone(&requests), Arc::clone(&next)));
    }
    let mut latencies = Vec::with_capacity(requests.len());
    while let Some(client) = clients.join_next().await {
        latencies.extend(client??);
    }
    let took = begun.elapsed();
    ensure!(latencies.len() == requests.len(), "not every request was answered");
    latencies.sort_unstable();
    Ok(Load { took, latencies })
}

async fn client(
    mut stream: TcpStream,
    requests: Arc<[Box<[u8]>]>,
    next: Arc<AtomicUsize>,
) -> Result<Vec<Duration>> {
    let mut latencies = Vec::new();
    let mut answer = vec![0; ANSWER_BYTES_MAX];
    while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
        let begun = Instant::now();
        stream.write_all(request).await?;
        tokio::time::timeout(PATIENCE, read(&mut stream, &mut answer)).await.context("no answer")??;
        latencies.push(begun.elapsed());
    }
    Ok(latencies)
}

/// Reads one whole answer, which must be a 200.
async fn read(stream: &mut TcpStream, answer: &mut [u8]) -> Result<()> {
    let mut length = 0;
    while !is_whole(&answer[..length])? {
        let more = stream.read(&mut answer[length..]).await?;
        ensure!(more > 0, "the answer ended early, or is too long");
        length += more;
    }
    Ok(())
}

/// Whether an answer has come to its end.
///
/// # Errors
/// When it isn't a 200.
pub fn is_whole(answer: &[u8]) -> Result<bool> {
    let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(false) };
    let head = std::str::from_utf8(&answer[..end])?;
    if !head.starts_with("HTTP/1.1 200 ") {
        bail!("not a 200: {}", head.lines().next().unwrap_or_default());
    }
    Ok(answer.len() == end + 4 + body_length(head)?)
}

fn body_length(head: &str) -> Result<usize> {
    let field = head.lines().filter_map(|line| line.split_once(':'));
    let length = field.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    length.map_or(Ok(0), |(_, value)| Ok(value.trim().parse()?))
}
