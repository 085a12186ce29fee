//! An SMTP server that does as a test tells it.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What to do with one message.
#[derive(Clone, Copy, PartialEq)]
pub enum Answer {
    /// Answers the end of the message with this.
    Reply(&'static str),
    /// Closes the connection instead of taking the message.
    DropBefore,
    /// Takes the message and closes the connection without an answer.
    DropAfter,
    /// Takes the message and never answers.
    Hang,
}

pub const ACCEPT: Answer = Answer::Reply("250 2.0.0 ok");

type Script = dyn Fn(Seen) -> Pin<Box<dyn Future<Output = Answer> + Send>> + Send + Sync;

/// What the script is told.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The recipient.
    pub to: String,
    /// How often a message for this recipient began, this time included.
    pub attempt: usize,
    /// How many messages began in all.
    pub began: usize,
}

#[derive(Default)]
struct State {
    began: Vec<String>,
    attempts: HashMap<String, usize>,
    taken: Vec<(String, String)>,
}

/// Listens until dropped.
pub struct Server {
    pub port: u16,
    state: Arc<Mutex<State>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    pub async fn start<F>(script: impl Fn(Seen) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State::default()));
        let script: Arc<Script> = Arc::new(move |seen| Box::pin(script(seen)));
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, Arc::clone(&shared), Arc::clone(&script)));
            }
        });
        Self { port, state, task }
    }

    pub async fn accepting() -> Self {
        Self::start(|_| async { ACCEPT }).await
    }

    /// The recipients of the messages that were taken, sorted.
    pub fn taken(&self) -> Vec<String> {
        let mut taken: Vec<_> = self.state.lock().unwrap().taken.iter().map(|(to, _)| to.clone()).collect();
        taken.sort();
        taken
    }

    /// The latest message for a recipient.
    pub fn message(&self, to: &str) -> String {
        let state = self.state.lock().unwrap();
        state.taken.iter().rfind(|(taken, _)| taken == to).map(|(_, message)| message.clone()).unwrap()
    }

    /// How many messages began.
    pub fn began(&self) -> usize {
        self.state.lock().unwrap().began.len()
    }
}

async fn serve(stream: TcpStream, state: Arc<Mutex<State>>, script: Arc<Script>) {
    stream.set_nodelay(true).unwrap();
    let mut stream = BufReader::new(stream);
    let mut to = String::new();
    stream.write_all(b"220 test\r\n").await.unwrap();
    loop {
        let mut line = String::new();
        if !matches!(stream.read_line(&mut line).await, Ok(1..)) {
            return;
        }
        let answer = match line.get(..4).unwrap_or_default() {
            "EHLO" => "250-test\r\n250-PIPELINING\r\n250-SMTPUTF8\r\n250 8BITMIME\r\n",
            "RCPT" => {
                to = line["RCPT TO:<".len()..line.rfind('>').unwrap()].to_owned();
                "250 ok\r\n"
            }
            "DATA" => {
                if message(&mut stream, &to, &state, &script).await.is_none() {
                    return;
                }
                continue;
            }
            "QUIT" => return,
            _ => "250 ok\r\n",
        };
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// `None`: the connection ends.
async fn message(
    stream: &mut BufReader<TcpStream>,
    to: &str,
    state: &Mutex<State>,
    script: &Arc<Script>,
) -> Option<()> {
    let seen = {
        let mut state = state.lock().unwrap();
        state.began.push(to.to_owned());
        let attempt = state.attempts.entry(to.to_owned()).or_default();
        *attempt += 1;
        Seen { to: to.to_owned(), attempt: *attempt, began: state.began.len() }
    };
    let answer = script(seen).await;
    if answer == Answer::DropBefore {
        return None;
    }
    stream.write_all(b"354 go\r\n").await.ok()?;
    let mut text = String::new();
    while !text.ends_with("\r\n.\r\n") {
        if stream.read_line(&mut text).await.ok()? == 0 {
            return None;
        }
    }
    let takes = !matches!(answer, Answer::Reply(reply) if !reply.starts_with('2'));
    if takes {
        state.lock().unwrap().taken.push((to.to_owned(), text));
    }
    match answer {
        Answer::Reply(reply) => stream.write_all(format!("{reply}\r\n").as_bytes()).await.ok(),
        Answer::Hang => std::future::pending().await,
        Answer::DropAfter | Answer::DropBefore => None,
    }
}
