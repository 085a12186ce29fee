//! Bringing a file of addresses and domains into the allow list.

use intake::suppression::Target;
use serde::Serialize;

use crate::suppression::import::{self as entries, into};
pub use crate::suppression::import::{Error, In};
use crate::{Actor, Service};

/// What became of its rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Out {
    /// How many there are of each kind.
    #[serde(flatten)]
    pub rows: entries::Out,
    /// The namespaces whose list is active; an entry changes nothing while its own isn't.
    pub active: Vec<String>,
}

/// Brings a file into the list, which takes no hashes.
pub async fn import(service: &Service, actor: &Actor, asked: In<'_>) -> Result<Out, Error> {
    let rows = into(service, actor, asked, Target::Allow).await?;
    let settings = service.store.settings(service.workspace).await;
    let active = settings.map_err(intake::import::ImportError::from)?.allow_lists_active;
    Ok(Out { rows, active })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn hashes_are_left_out() {
        let World { service, actor, dir: _dir } = World::new();
        let file = format!("TYPE,VALUE\nEMAIL,ops@example.com\nEMAIL_SHA256,{}\n", "0".repeat(64));
        let asked = In {
            input: Box::new(std::io::Cursor::new(file)),
            encoding: None,
            progress: &std::sync::Arc::default(),
            failure: &mut |_| Ok(()),
        };
        let out = import(&service, &actor, asked).await.unwrap();
        assert_eq!((out.rows.added, out.rows.failed, out.active.len()), (1, 1, 0));
    }
}
