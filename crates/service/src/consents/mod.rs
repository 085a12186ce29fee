//! Consent, as somebody at the brand or a program of theirs records it for a person.

pub mod opt_in;
pub mod opt_out;
mod said;
