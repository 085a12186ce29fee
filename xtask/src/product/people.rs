//! Generated people: the same every time, so that what must come out is known without asking the product.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::Result;

/// When the choices in the file were made.
const CONSENT_TIME: &str = "2025-01-15T12:00:00Z";
const PLANS: [&str; 4] = ["free", "team", "pro", "enterprise"];
const NAMES: [&str; 6] = ["Ana", "Bela", "Chloé", "Dmitri", "Elif", "Fatou"];
/// Of this many people one has said no, and one nothing.
const EVERY: usize = 10;

/// A person's number, from 0.
pub type Person = usize;

/// What a person's row says about email.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// `y`
    Yes,
    /// `n`
    No,
    /// Nothing.
    Unset,
}

/// What the row of `person` says.
pub fn choice(person: Person) -> Choice {
    match person % EVERY {
        3 => Choice::No,
        7 => Choice::Unset,
        _ => Choice::Yes,
    }
}

/// The email address of `person`.
pub fn address(person: Person) -> String {
    format!("person{person}@people.example")
}

/// Writes `count` people with the header `id,email,first_name,plan,consent.email,consent_time`.
///
/// # Errors
/// When the file can't be written.
pub fn write_csv(file: &Path, count: usize) -> Result<()> {
    let mut out = BufWriter::new(File::create(file)?);
    writeln!(out, "id,email,first_name,plan,consent.email,consent_time")?;
    for person in 0..count {
        let (name, plan) = (NAMES[person % NAMES.len()], PLANS[person % PLANS.len()]);
        let (consent, time) = match choice(person) {
            Choice::Yes => ("y", CONSENT_TIME),
            Choice::No => ("n", CONSENT_TIME),
            Choice::Unset => ("", ""),
        };
        writeln!(out, "c{person},{},{name},{plan},{consent},{time}", address(person))?;
    }
    out.flush().map_err(Into::into)
}

/// Writes the addresses of `people`, for an audience.
///
/// # Errors
/// When the file can't be written.
pub fn write_addresses(file: &Path, people: &[Person]) -> Result<()> {
    let mut out = BufWriter::new(File::create(file)?);
    writeln!(out, "email")?;
    for person in people {
        writeln!(out, "{}", address(*person))?;
    }
    out.flush().map_err(Into::into)
}
