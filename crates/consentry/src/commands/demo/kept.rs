//! Whether a link did what it says.

use anyhow::{Result, ensure};
use consent::promise::{About, covers, promised};
use consent::{Channel, Field, Level, Target};
use demo::brand::LIST;
use store::Applied;

/// Compares what a link in a mail of the demo says with what was recorded once it was taken.
pub fn check(says: &str, applied: &[Applied]) -> Result<()> {
    let reached = applied.iter().filter(|set| set.new.is_no()).map(|set| match set.target {
        Target::Field(Field::Any) => Level::Any,
        Target::Field(_) => Level::Channel,
        Target::Identity(_) => Level::Identity,
        Target::List(_) => Level::Subscription,
    });
    let reached: Vec<Level> = reached.collect();
    let list = [LIST.to_owned(), LIST.replace('-', " ")];
    let about = About { channel: Some(Channel::Email), language: None, list: &list };
    let promised = promised(says, &about).unwrap_or(Level::Subscription);
    ensure!(
        reached.iter().any(|level| covers(*level, promised)),
        "the link \"{says}\" promises the level {}, and what was recorded is {reached:?}",
        promised.as_str()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use consent::{Choice, ListId};

    use super::*;

    #[test]
    fn a_link_that_did_less_than_it_says_is_found() {
        let no = |target| [Applied { target, old: Choice::Unset, new: Choice::No }];
        let all = "Unsubscribe from all our email";
        assert!(check(all, &no(Target::Field(Field::Email))).is_ok());
        assert!(check(all, &no(Target::List(ListId(1)))).is_err());
        assert!(check("Leave the Brew Letter", &no(Target::List(ListId(1)))).is_ok());
        assert!(check("Leave the Brew Letter", &[]).is_err());
    }
}
