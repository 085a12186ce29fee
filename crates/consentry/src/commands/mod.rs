//! One file per command.

pub mod allow;
pub mod backup;
pub mod campaign;
pub mod check;
pub mod classify;
pub mod classify_sms;
pub mod completions;
pub mod db;
pub mod demo;
pub mod doctor;
mod entries;
pub mod import;
pub mod imports;
pub mod init;
pub mod intake;
pub mod keys;
pub mod ledger;
pub mod list;
pub mod look;
pub mod opt_out;
pub mod page;
pub mod profile;
pub mod returned;
pub mod serve;
pub mod sms;
pub mod sms_push;
pub mod suppression;
