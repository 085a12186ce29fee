//! The inbox behind the SMTP and LMTP receiver.

use store::StoreError;
use wire::receiver::{MailSink, ReceivedMail, Reply};

use super::{Inbox, Origin, Refusal};

#[async_trait::async_trait]
impl MailSink for Inbox {
    async fn rcpt(&self, to: &str) -> Result<(), Reply> {
        self.accepts(to).await.map_err(|refusal| match refusal {
            Refusal::Unknown => Reply::reject(550, (5, 1, 1), "no such address here"),
            Refusal::Store(error) => trouble(&error),
        })
    }

    async fn message(&self, mail: ReceivedMail) -> Result<(), Reply> {
        let ReceivedMail { from, to, data, .. } = mail;
        let origin = Origin { from: Some(from), to };
        self.take(data, origin).await.map(drop).map_err(|error| trouble(&error))
    }
}

fn trouble(error: &StoreError) -> Reply {
    tracing::warn!(%error, "mail can't be taken now");
    Reply::defer(451, (4, 3, 0), "try again later")
}
