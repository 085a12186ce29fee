//! The texts that may be opt-outs and wait to be read. No marketing goes to their numbers until then.

use consent::Timestamp;
use serde::Serialize;
use store::{Hold, StoreError, Text, TextId};

use super::Written;
use crate::{Actor, Fault, Page, Problem, Service, shape};

/// Texts of the number that are shown beside one that waits.
const EARLIER: usize = 5;

/// Which.
#[derive(Clone, Copy, Debug)]
pub struct In {
    /// At most so many.
    pub limit: usize,
    /// Those behind this one.
    pub after: Option<TextId>,
}

/// Texts that wait, in the order of their ids.
pub type Out = Page<Waiting>;

/// A text that waits to be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = WaitingText)]
#[serde(rename_all = "camelCase")]
pub struct Waiting {
    /// The text.
    #[serde(flatten)]
    pub text: Written,
    /// The number, as it was written.
    pub number: String,
    /// What the number wrote before, newest first.
    pub earlier: Vec<Written>,
    /// The last message that a campaign sent there from the same sender.
    pub answers: Option<Answered>,
    /// The text's id.
    #[serde(skip)]
    pub id: TextId,
}

/// A message that a text may be the answer to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = AnsweredMessage)]
#[serde(rename_all = "camelCase")]
pub struct Answered {
    /// The campaign's name.
    pub campaign: String,
    /// When it was sent.
    #[serde(serialize_with = "shape::text")]
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// Why they can't be shown.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        let Self::Store(error) = self;
        error.problem()
    }
}

/// Shows the texts that wait.
pub async fn review(service: &Service, _actor: &Actor, In { limit, after }: In) -> Result<Out, Error> {
    let mut holds = service.store.holds(service.workspace, after, limit + 1).await?;
    let more = holds.len() > limit;
    holds.truncate(limit);
    let next = holds.last().filter(|_| more).map(|hold| shape::hex(&hold.text.id.0));
    let mut data = Vec::with_capacity(holds.len());
    for hold in holds {
        data.push(waiting(service, hold).await?);
    }
    Ok(Page { data, next })
}

async fn waiting(service: &Service, hold: Hold) -> Result<Waiting, StoreError> {
    let Hold { text, number, .. } = hold;
    let (id, address, channel, sender) = (text.id, text.address, text.channel, text.sender.clone());
    let mut earlier: Vec<Text> = service.store.texts_of(service.workspace, address, EARLIER + 1).await?;
    earlier.retain(|text| text.id != id);
    earlier.truncate(EARLIER);
    let standing = service.store.text_standing(service.workspace, address, channel, vec![sender]).await?;
    let answers = standing.last.map(|last| Answered { campaign: last.campaign, at: last.at });
    let earlier = earlier.into_iter().map(Written::from).collect();
    Ok(Waiting { text: text.into(), number, earlier, answers, id })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn texts_wait_page_by_page() {
        let world = World::new();
        for number in ["+491751234567", "+491751234568"] {
            world.held(number, "how do I stop these").await;
        }
        let World { service, actor, dir: _dir } = world;
        let first = review(&service, &actor, In { limit: 1, after: None }).await.unwrap();
        assert_eq!(first.next.as_deref(), Some(first.data[0].text.id.as_str()));
        let after = Some(first.data[0].id);
        let last = review(&service, &actor, In { limit: 1, after }).await.unwrap();
        assert_eq!((last.data.len(), last.next), (1, None));
        assert_ne!(last.data[0].number, first.data[0].number);
    }
}
