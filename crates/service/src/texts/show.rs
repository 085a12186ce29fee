//! Which senders a number blocks, and what it wrote lately.

use consent::{ProfileId, Timestamp};
use serde::Serialize;

use super::{NumberError, Written, owner};
use crate::{Actor, Service, shape};

/// Texts shown.
const SHOWN: usize = 20;

/// Of which number.
#[derive(Clone, Debug)]
pub struct In {
    /// The number, as it is typed.
    pub number: String,
}

/// What is known of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = NumberShown)]
#[serde(rename_all = "camelCase")]
pub struct Out {
    /// Who has it.
    #[serde(serialize_with = "shape::text")]
    #[schema(value_type = String)]
    pub profile: ProfileId,
    /// The senders that it blocks.
    pub blocks: Vec<Block>,
    /// What it wrote, newest first.
    pub texts: Vec<Written>,
}

/// A sender that a number blocks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Block {
    /// The sender.
    pub sender: String,
    /// Since when.
    #[serde(serialize_with = "shape::text")]
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
}

/// Why it can't be shown.
pub type Error = NumberError;

/// Shows what is known of a number.
pub async fn show(service: &Service, _actor: &Actor, In { number }: In) -> Result<Out, Error> {
    let owner = owner(service, &number).await?;
    let blocks = service.store.blocks(service.workspace, owner.address).await?;
    let texts = service.store.texts_of(service.workspace, owner.address, SHOWN).await?;
    let blocks = blocks.into_iter().map(|(sender, since)| Block { sender, since }).collect();
    Ok(Out { profile: owner.profile, blocks, texts: texts.into_iter().map(Written::from).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;
    use crate::{Fault as _, Kind};

    #[tokio::test]
    async fn a_number_shows_what_it_wrote() {
        let world = World::new();
        world.held("+491751234567", "stop?").await;
        let World { service, actor, dir: _dir } = world;
        let asked = |number: &str| In { number: number.to_owned() };
        let out = show(&service, &actor, asked("+49 175 1234567")).await.unwrap();
        assert_eq!((out.texts[0].text.as_str(), out.blocks.len()), ("stop?", 0));
        for (number, kind) in [("+491751234569", Kind::NotFound), ("", Kind::Invalid)] {
            let refused = show(&service, &actor, asked(number)).await.unwrap_err();
            assert_eq!(refused.problem().kind, kind);
        }
    }
}
