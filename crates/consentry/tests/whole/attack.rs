//! The short form of `cargo xtask attack`: what strangers do cheaply takes nothing from those who opt out. How long answers take
//! isn't judged here.

use std::path::Path;

use xtask::attack::{Size, run_all};

fn holds(name: &str) {
    let binary = Path::new(env!("CARGO_BIN_EXE_consentry"));
    for outcome in run_all(binary, Size::QUICK, &[name]).expect("the attack can be made") {
        assert!(outcome.violations.is_empty(), "{outcome}\n{}", outcome.violations.join("\n"));
        println!("{outcome}");
    }
}

#[test]
fn heads_without_bodies() {
    holds("heads");
}

#[test]
fn connections_that_wait() {
    holds("idle");
}

#[test]
fn clients_that_do_not_read() {
    holds("deaf");
}

#[test]
fn posts_to_a_webhook_that_do_not_go_on() {
    holds("hooks");
}

#[test]
fn json_without_a_signature() {
    holds("unsigned");
}

#[test]
fn hosts_of_a_stranger_s_choice() {
    holds("hosts");
}

#[test]
fn deep_and_costly_pages() {
    holds("pages");
}

#[test]
fn the_mail_receiver_s_places() {
    holds("mail");
}

#[test]
fn pages_that_anybody_can_have_rendered() {
    holds("reload");
}

#[test]
fn the_ledger_as_an_oracle() {
    holds("oracle");
}

#[test]
fn mail_bombing() {
    holds("bombing");
}

#[test]
fn pumping_of_texts() {
    holds("pumping");
}
