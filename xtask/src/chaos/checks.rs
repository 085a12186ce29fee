//! What must hold after every round.

use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use crate::product::{Mailing, Person, Product, address, write_addresses};

/// The reason of people who have opted out of the channel.
const OPTED_OUT: &str = "OptedOutChannel";

/// What a run would do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// In the audience.
    pub audience: usize,
    /// Would get it.
    pub permitted: usize,
    /// Wouldn't, since they opted out of the channel.
    pub opted_out: usize,
}

/// Decides for everybody, or for `people`, as a run would; files go into `folder`.
///
/// # Errors
/// When the binary doesn't answer.
pub fn forecast(product: &Product, folder: &Path, people: Option<&[Person]>) -> Result<Forecast> {
    // Nothing is sent, so that it doesn't matter who listens on this port.
    let mut mailing = Mailing::new("forecast", 25, 1);
    if let Some(people) = people {
        let csv = folder.join("audience.csv");
        write_addresses(&csv, people)?;
        mailing.audience = Some(csv);
    }
    let file = folder.join("forecast.toml");
    mailing.write(&file)?;
    let value =
        product.json(&["campaign".as_ref(), "run".as_ref(), file.as_os_str(), "--dry-run".as_ref()])?;
    Ok(Forecast {
        audience: number(&value, "audience")?,
        permitted: number(&value, "permitted")?,
        opted_out: value["excluded"][OPTED_OUT].as_u64().unwrap_or_default() as usize,
    })
}

/// Every one of `people` has opted out of email.
///
/// # Errors
/// When one hasn't.
pub fn all_opted_out(product: &Product, folder: &Path, people: &[Person]) -> Result<()> {
    if people.is_empty() {
        return Ok(());
    }
    let found = forecast(product, folder, Some(people))?;
    let kept = found.opted_out == people.len() && found.permitted == 0;
    ensure!(
        kept,
        "of {} acknowledged opt-outs, {} are missing: {found:?}",
        people.len(),
        people.len() - found.opted_out
    );
    Ok(())
}

/// Nobody of `people` has opted out.
///
/// # Errors
/// When one has.
pub fn none_opted_out(product: &Product, folder: &Path, people: &[Person]) -> Result<()> {
    if people.is_empty() {
        return Ok(());
    }
    let found = forecast(product, folder, Some(people))?;
    ensure!(
        found.permitted == people.len(),
        "of {} people who never opted out, some have: {found:?}",
        people.len()
    );
    Ok(())
}

/// `check` says so too.
///
/// # Errors
/// When it doesn't.
pub fn excluded(product: &Product, person: Person) -> Result<()> {
    let ended = product.run(&["check", "--channel", "email", "--address", &address(person)])?;
    let value = ended.json(&[0, 3])?;
    let reason = value["reason"].as_str().unwrap_or_default();
    ensure!(ended.code == Some(3) && reason == OPTED_OUT, "`check` for person {person} says {value}");
    Ok(())
}

/// The ledger verifies and `doctor` finds nothing.
///
/// # Errors
/// When one of them doesn't.
pub fn sound(product: &Product) -> Result<()> {
    product.run(&["doctor"])?.expect(&[0])?;
    // `doctor` brings the ledger's files up to date; what `ledger verify` then reads is all of it.
    product.run(&["ledger", "verify"])?.expect(&[0])
}

/// A count in what the binary printed.
///
/// # Errors
/// When it isn't there.
pub fn number(value: &Value, name: &str) -> Result<usize> {
    let number = value[name].as_u64().with_context(|| format!("no number `{name}` in {value}"))?;
    match usize::try_from(number) {
        Ok(number) => Ok(number),
        Err(_) => bail!("`{name}` is {number}"),
    }
}
