//! Recording an opt-out that reached the brand some other way.

use consent::{Choice, Evidence, Level, Source};

pub use super::said::{Asked, Error, Said as Out};
use crate::{Actor, Service};

/// The opt-out.
#[derive(Clone, Debug)]
pub struct In {
    /// Whose, and how far it reaches.
    pub asked: Asked,
    /// Through which door it came.
    pub source: Source,
    /// The reason given.
    pub reason: Option<String>,
}

impl In {
    /// Of an address, on its channel, told by an operator.
    pub fn of(address: impl Into<String>) -> Self {
        let asked = Asked { address: address.into(), level: Level::Channel, channel: None, list: None };
        Self { asked, source: Source::OPERATOR, reason: None }
    }
}

/// Records an opt-out. An address that nobody has is kept, and the opt-out binds when it turns up (I7).
pub async fn opt_out(service: &Service, actor: &Actor, asked: In) -> Result<Out, Error> {
    let In { asked, source, reason } = asked;
    let reason = reason.filter(|reason| !reason.is_empty());
    let evidence = Evidence { reason, actor: Some(actor.note()), ..Evidence::default() };
    super::said::record(service, asked, Choice::No, source, evidence).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;
    use crate::{Fault as _, Problem};
    use consent::Channel;

    #[tokio::test]
    async fn an_opt_out_of_a_stranger_is_kept_and_said_again_changes_nothing() {
        let World { service, actor, dir: _dir } = World::new();
        let first = opt_out(&service, &actor, In::of("Ann@Example.com")).await.unwrap();
        assert_eq!((first.changed[0].field.as_str(), first.changed[0].new), ("email", "n"));
        let again = opt_out(&service, &actor, In::of("ann@example.com")).await.unwrap();
        assert_eq!(again.profile, first.profile);
        assert!(again.changed.is_empty() && first.entry.is_some());
    }

    #[tokio::test]
    async fn what_is_wrong_is_pointed_at() {
        let World { service, actor, dir: _dir } = World::new();
        let wrong = async |change: &dyn Fn(&mut In)| {
            let mut asked = In::of("ann@example.com");
            change(&mut asked);
            opt_out(&service, &actor, asked).await.unwrap_err().problem()
        };
        for (problem, pointer) in [
            (wrong(&|asked| asked.asked.address = "ann@".to_owned()).await, "/address"),
            (wrong(&|asked| asked.asked.list = Some("news".to_owned())).await, "/list"),
            (wrong(&|asked| asked.asked.level = Level::Subscription).await, "/list"),
            (wrong(&|asked| asked.reason = Some("x".repeat(256))).await, "/reason"),
        ] {
            assert_eq!(problem.pointer.as_deref(), Some(pointer), "{problem:?}");
        }
        let other = wrong(&|asked| {
            (asked.asked.level, asked.asked.channel) = (Level::Identity, Some(Channel::Sms));
        });
        assert_eq!(other.await, Problem::invalid("channel-wrong", "/channel"));
    }
}
