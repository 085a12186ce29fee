//! Owners of addresses, asked for by links: many questions at a time become one query.

use consent::{AddressId, WorkspaceId};
use crossbeam_channel::Receiver;
use tokio::sync::oneshot;

use super::lanes::{Lane, Link, closed};
use super::people;
use crate::error::{Result, StoreError};
use crate::types::AddressOwner;

/// Questions in one query.
const GROUP_MAX: usize = 512;

/// A question, with where the answer goes.
pub(super) struct Asked {
    workspace: WorkspaceId,
    address: AddressId,
    reply: oneshot::Sender<Result<Option<AddressOwner>>>,
}

impl Lane<Asked> {
    /// Starts a lane for such questions.
    pub fn of_owners(links: Vec<Link>) -> Result<Self> {
        Self::start("owners", links, |mut link, questions| serve(&mut link, questions))
    }

    /// The owner of an address; all that was acknowledged before the call is in the answer.
    pub async fn owner(&self, workspace: WorkspaceId, address: AddressId) -> Result<Option<AddressOwner>> {
        let (reply, answer) = oneshot::channel();
        self.submit(Asked { workspace, address, reply })?;
        answer.await.map_err(|_| closed())?
    }
}

fn serve(link: &mut Link, questions: &Receiver<Asked>) {
    let mut next = None;
    loop {
        let Some(first) = next.take().or_else(|| questions.recv().ok()) else { return };
        let workspace = first.workspace;
        let mut group = vec![first];
        while group.len() < GROUP_MAX
            && let Ok(question) = questions.try_recv()
        {
            if question.workspace != workspace {
                next = Some(question);
                break;
            }
            group.push(question);
        }
        answer(link, workspace, group);
    }
}

fn answer(link: &mut Link, workspace: WorkspaceId, group: Vec<Asked>) {
    let mut ids: Vec<i64> = group.iter().map(|asked| asked.address.0).collect();
    ids.sort_unstable();
    ids.dedup();
    // Two queries without a transaction: an address that moves to another person in between isn't found, and is asked
    // for once more.
    let find = |link: &mut Link| -> Result<_> {
        let session = link.session()?;
        let owners = people::owners(session, workspace, &ids)?;
        if owners.len() == ids.len() { Ok(owners) } else { people::owners(session, workspace, &ids) }
    };
    let found = match find(link) {
        // The connection broke, perhaps long ago.
        Err(StoreError::Unavailable(_)) if link.is_broken() => find(link),
        found => found,
    };
    match found {
        Ok(owners) => {
            for asked in group {
                let _ = asked.reply.send(Ok(owners.get(&asked.address).cloned()));
            }
        }
        Err(error) => {
            for asked in group {
                let _ = asked.reply.send(Err(StoreError::Unavailable(error.to_string())));
            }
        }
    }
}
