//! Turning the allow list of a channel on and off.

use consent::{Channel, Namespace};
use serde::Serialize;
use store::{Settings, StoreError};

use super::brakes;
use crate::{Actor, Fault, Problem, Service};

/// Which, and how.
#[derive(Clone, Copy, Debug)]
pub struct In {
    /// The channel.
    pub channel: Channel,
    /// Whether only what the list names is sent to from now on.
    pub on: bool,
}

/// How it stands now. It is in force at once: the next permit on any node reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = AllowListTurned)]
#[serde(rename_all = "camelCase")]
pub struct Out {
    /// The namespace that was turned.
    pub namespace: String,
    /// The namespaces whose list is active.
    pub active: Vec<String>,
    /// Whether it wasn't so before.
    pub changed: bool,
    /// The namespaces whose list is active and empty: nothing is sent to them.
    pub empty: Vec<String>,
}

/// Why nothing was turned.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No message goes out on the channel.
    #[error("nothing is sent by {0}")]
    NothingSent(Channel),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::NothingSent(_) => Problem::invalid("channel-without-messages", "/channel"),
            Self::Store(error) => error.problem(),
        }
    }
}

/// Turns the list of a channel on or off.
pub async fn turn(service: &Service, _actor: &Actor, asked: In) -> Result<Out, Error> {
    let In { channel, on } = asked;
    let namespace = Namespace::of_channel(channel).ok_or(Error::NothingSent(channel))?;
    let name = namespace.as_str().to_owned();
    let before = service.store.settings(service.workspace).await?;
    let turned = name.clone();
    let change = move |settings: &mut Settings| {
        settings.allow_lists_active.retain(|active| *active != turned);
        if on {
            settings.allow_lists_active.push(turned.clone());
            settings.allow_lists_active.sort();
        }
    };
    let settings = service.store.update_settings(service.workspace, Box::new(change)).await?;
    let empty = brakes(service, &settings).await?;
    let changed = before.allow_lists_active.contains(&name) != on;
    Ok(Out { namespace: name, active: settings.allow_lists_active, changed, empty })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn an_empty_list_that_is_on_is_a_brake() {
        let World { service, actor, dir: _dir } = World::new();
        let asked = |on| In { channel: Channel::Sms, on };
        let on = turn(&service, &actor, asked(true)).await.unwrap();
        assert_eq!(
            (on.active, on.changed, on.empty),
            (vec!["phone".to_owned()], true, vec!["phone".to_owned()])
        );
        assert!(!turn(&service, &actor, asked(true)).await.unwrap().changed);
        let off = turn(&service, &actor, asked(false)).await.unwrap();
        assert!(off.active.is_empty() && off.empty.is_empty() && off.changed);
        let refused = turn(&service, &actor, In { channel: Channel::PostalMail, on: true }).await;
        assert!(matches!(refused, Err(Error::NothingSent(Channel::PostalMail))));
    }
}
