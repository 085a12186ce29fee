//! The inbox behind a mailbox that is read by IMAP.

use std::time::Duration;

use store::Quota;
use wire::imap::{Failure, MailReader, Taken};

use super::{Inbox, Origin, is_for_people, unread_mails};

#[async_trait::async_trait]
impl MailReader for Inbox {
    async fn take(&self, mail: Vec<u8>, address: Option<&str>) -> Result<Taken, Failure> {
        let to = address.map(str::to_owned).into_iter().collect();
        let kind = self.take(mail, Origin { from: None, to }).await?;
        Ok(if is_for_people(kind) { Taken::ForPeople } else { Taken::Done })
    }

    /// Counted once a day, so that `doctor` can tell of it.
    async fn cannot_be_read(&self, which: &str) -> Result<(), Failure> {
        let quotas = vec![Quota::a_day(format!("unread mail {which}"), 1), unread_mails()];
        Ok(self.store.spend(self.workspace, None, quotas, self.clock.now()).await.map(drop)?)
    }

    fn monotonic(&self) -> Duration {
        self.clock.monotonic()
    }
}
