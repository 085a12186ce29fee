//! The demo, as the README starts it.

use crate::support::Desk;

#[test]
fn the_scripted_demo_goes_through_the_loop() {
    let desk = Desk::bare();
    let shown = desk.run(&["demo", "--scripted", "--people", "1000", "--json"]).exits(0).json();
    assert_eq!(shown["ledger"]["verified"], true);
    assert_eq!(shown["people"].as_array().unwrap().len(), 11);
    let sent = |round: &str, name: &str| shown[round][name]["sent"].as_u64().unwrap();
    let fewer = |name: &str| sent("first", name) - sent("second", name);
    assert_eq!((fewer("spring-sale"), fewer("brew-letter"), fewer("spring-text")), (5, 6, 3));
    // Nothing is left in the folder that it was started in.
    assert_eq!(std::fs::read_dir(desk.folder.path()).unwrap().count(), 0);
}

#[test]
fn it_goes_through_below_a_path_as_well() {
    let desk = Desk::bare();
    let args = ["demo", "--scripted", "--people", "200", "--base-path", "/mail/opt-outs/", "--json"];
    let shown = desk.run(&args).exits(0).json();
    assert_eq!(shown["ledger"]["verified"], true);
    let refused = desk.run(&["demo", "--scripted", "--base-path", "mail"]);
    assert!(refused.exits(2).err.contains("write it as in /mail"));
}
