//! Workspaces: what is in one isn't in another, and links say whose they are.

use serde_json::json;

use crate::support::Desk;

#[test]
fn a_workspace_is_worked_in_by_its_name() {
    Desk::on_each_engine(|desk| {
        let made = desk.run(&["workspace", "create", "shop-b", "--json"]).exits(0).json();
        assert_eq!(made["name"], "shop-b");
        let taken = desk.run(&["workspace", "create", "shop-b"]).exits(1).err;
        assert_eq!(
            taken,
            "error: the workspace `shop-b` exists already\nhint: use it with --workspace shop-b\n"
        );
        assert_eq!(desk.run(&["workspace", "list"]).exits(0).out, "main\nshop-b\n");
        let there = ["--workspace", "shop-b"];
        desk.run(&[&there[..], &["opt-out", "ann@example.com"]].concat()).exits(0);
        let check = ["check", "ann@example.com", "--channel", "email"];
        desk.run(&[&there[..], &check].concat()).exits(3);
        desk.run(&check).exits(0);
        let variable = desk.command(&check).env("CONSENTRY_WORKSPACE", "shop-b").output().unwrap();
        assert_eq!(variable.status.code(), Some(3));
        // An address belongs to a person of each, and lists have the same names.
        desk.run(&["list", "create", "news"]).exits(0);
        desk.run(&[&there[..], &["list", "create", "news"]].concat()).exits(0);
        desk.run(&[&there[..], &["init", "--brand", "Shop B"]].concat()).exits(0);
        let settings = |arguments: &[&str]| {
            desk.run(&[arguments, &["init", "--soft-bounce-limit", "5", "--json"]].concat()).exits(0).json()
        };
        assert_eq!(settings(&there)["settings"]["brand"], "Shop B");
        assert_eq!(settings(&[])["settings"]["brand"], json!(null));
        let nowhere = desk.run(&["--workspace", "shop-c", "list", "show"]).exits(1).err;
        assert!(
            nowhere.starts_with("error: there is no workspace `shop-c`\nhint: `consentry workspace list`"),
            "{nowhere}"
        );
    });
}
