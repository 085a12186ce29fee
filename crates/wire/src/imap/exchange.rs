//! One command and its answer. The IMAP library takes a tagged NO to FETCH, STORE or SEARCH for an answer without
//! anything in it, and so does the end of a connection: a mail that the server couldn't hand out would count as gone.

use async_imap::imap_proto::{AttributeValue, MailboxDatum, Response, Status};
use tokio::time::timeout;

use super::config::ImapError;
use super::connect::{ImapSession, PATIENCE, failed};

/// What the server says of one mail.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub uid: u32,
    pub size: Option<u32>,
    pub body: Option<Vec<u8>>,
}

/// What was told in an answer.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub mails: Vec<Told>,
    pub found: Vec<u32>,
    /// Mail has come in meanwhile; the server doesn't say so again.
    pub news: bool,
}

/// Runs a command to its end. `what` names it for people.
pub(super) async fn run(
    session: &mut ImapSession,
    what: &'static str,
    command: &str,
) -> Result<Answer, ImapError> {
    let sent = timeout(PATIENCE, session.run_command(command)).await.map_err(|_| ImapError::Timeout)?;
    let tag = sent.map_err(|error| failed(what, &error))?;
    let mut answer = Answer::default();
    loop {
        let response = timeout(PATIENCE, session.read_response()).await.map_err(|_| ImapError::Timeout)?;
        let response = response.map_err(|error| failed(what, &error.into()))?;
        let response = response.ok_or(ImapError::Connection(std::io::ErrorKind::UnexpectedEof))?;
        match response.parsed() {
            Response::Done { tag: done, status, .. } if *done == tag => {
                return if *status == Status::Ok { Ok(answer) } else { Err(ImapError::Refused(what)) };
            }
            Response::Data { status: Status::Bye, .. } => {
                return Err(ImapError::Connection(std::io::ErrorKind::ConnectionAborted));
            }
            Response::Fetch(_, attributes) => answer.mails.extend(told(attributes)),
            Response::MailboxData(MailboxDatum::Search(uids)) => answer.found.extend(uids),
            Response::MailboxData(MailboxDatum::Exists(_) | MailboxDatum::Recent(_)) => answer.news = true,
            _ => {}
        }
    }
}

/// `None` for what is told of a mail without its UID, such as flags that another program has set.
fn told(attributes: &[AttributeValue<'_>]) -> Option<Told> {
    let mut told = Told::default();
    for attribute in attributes {
        match attribute {
            AttributeValue::Uid(uid) => told.uid = *uid,
            AttributeValue::Rfc822Size(size) => told.size = Some(*size),
            AttributeValue::BodySection { section: None, data, .. } | AttributeValue::Rfc822(data) => {
                told.body = data.as_deref().map(<[u8]>::to_vec);
            }
            _ => {}
        }
    }
    (told.uid != 0).then_some(told)
}

pub(super) fn set(uids: &[u32]) -> String {
    uids.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
}
