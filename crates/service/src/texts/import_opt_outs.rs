//! Taking in a provider's own list of numbers that opted out.

use std::io::Read;
use std::sync::Arc;

use consent::Level;
use consent::jurisdiction::Country;
use intake::import::Progress;
use intake::opt_out_list::{ListError, Options, Summary, take};
use serde::Serialize;

use crate::suppression::import::import_problem;
use crate::{Actor, Fault, Problem, Service};

/// The list, and who hears how it goes.
pub struct In<'a> {
    /// Its bytes.
    pub input: Box<dyn Read + Send>,
    /// The sender of ours that its numbers block.
    pub sender: Option<String>,
    /// How far an opt-out reaches: the channel, or the number alone.
    pub level: Level,
    /// Whose national form numbers without `+` are in.
    pub country: Option<Country>,
    /// The column of numbers, where its header isn't one that is known.
    pub column: Option<String>,
    /// Its encoding, if it is neither UTF-8 nor UTF-16.
    pub encoding: Option<String>,
    /// How far it is; read while it runs.
    pub progress: &'a Arc<Progress>,
    /// Hears of every row without a number, by its line.
    pub failure: &'a mut (dyn FnMut(u64, &str) + Send),
}

/// What became of its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Out {
    /// Rows, without the header.
    pub read: u64,
    /// Numbers whose opt-out is new.
    pub recorded: u64,
    /// Numbers that had opted out already.
    pub known: u64,
    /// Rows about messages that failed for another reason, or didn't fail.
    pub other: u64,
    /// Rows without a number, and broken ones.
    pub failed: u64,
}

/// Why it stopped. What was read before is in.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The list, or the store.
    #[error(transparent)]
    List(#[from] ListError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::List(ListError::File(error)) => import_problem(error),
            Self::List(ListError::Column(_)) => Problem::invalid("number-column-missing", "/column"),
            Self::List(ListError::Store(error)) => error.problem(),
        }
    }
}

/// Takes a list in. It never lifts anything. The evidence of its entries is the row; it has no place for an actor yet.
pub async fn import_opt_outs(service: &Service, _actor: &Actor, asked: In<'_>) -> Result<Out, Error> {
    let In { input, sender, level, country, column, encoding, progress, failure } = asked;
    let options = Options { sender, level, country, column, encoding };
    let (store, now) = (&service.store, service.now());
    let summary = take(store, service.workspace, input, &options, now, progress, failure).await?;
    let Summary { read, recorded, known, other, failed } = summary;
    Ok(Out { read, recorded, known, other, failed })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{SENDER, World};
    use crate::texts::show;

    #[tokio::test]
    async fn numbers_opt_out_and_block_and_broken_rows_are_told() {
        let World { service, actor, dir: _dir } = World::new();
        let mut lines = Vec::new();
        let asked = In {
            input: Box::new("To\n+14155550100\nnobody\n".as_bytes()),
            sender: Some(SENDER.to_owned()),
            level: Level::Channel,
            country: None,
            column: None,
            encoding: None,
            progress: &Arc::default(),
            failure: &mut |line, _| lines.push(line),
        };
        let out = import_opt_outs(&service, &actor, asked).await.unwrap();
        assert_eq!((out.read, out.recorded, out.failed, lines), (2, 1, 1, vec![3]));
        let asked = show::In { number: "+14155550100".to_owned() };
        assert_eq!(show::show(&service, &actor, asked).await.unwrap().blocks[0].sender, SENDER);
    }
}
