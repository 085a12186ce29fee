//! Who takes the mails of a mailbox.

use std::time::Duration;

use async_trait::async_trait;

/// Why a mail can't be taken now.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What became of a mail that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// Nothing is left to do with it.
    Done,
    /// A person has to look at it.
    ForPeople,
}

/// What takes the mails of a mailbox.
#[async_trait]
pub trait MailReader: Send + Sync {
    /// Takes a mail, durably: it is flagged once this answers, and isn't asked for again. `address` is whose mail the folder
    /// holds, if the operator says so.
    async fn take(&self, mail: Vec<u8>, address: Option<&str>) -> Result<Taken, Failure>;

    /// The server didn't hand out a mail, several times. `which` names it for people.
    async fn cannot_be_read(&self, which: &str) -> Result<(), Failure>;

    /// Time for those who wait.
    fn monotonic(&self) -> Duration;
}
