//! The whole program as its users and their counterparts meet it. One binary, since each would link all of it again.

#![allow(clippy::unwrap_used, reason = "a test ends at the first thing that isn't as expected")]

mod api;
mod attack;
mod browser;
mod chaos;
mod classify;
mod cli;
mod copy;
mod data_dir;
mod definitions;
mod demo;
mod deploy;
mod drain;
mod explain;
mod external;
mod help;
mod jobs;
mod ledger;
mod lists;
mod pages;
mod postfix;
mod rates;
mod receiving;
mod shapes;
mod sms;
mod subscribe;
mod support;
mod suppression;
mod ways_out;
mod webhooks;
mod workspaces;
