//! The demo in a real browser: every page that a recipient meets, checked by axe-core against WCAG 2.2 AA.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::support::Desk;
use xtask::servers::Browser;

#[test]
fn people_can_say_no_in_a_real_browser() {
    let Some(browser) = Browser::find().unwrap() else { return };
    let desk = Desk::new();
    let port = xtask::servers::free_port().unwrap().to_string();
    let mut command = desk.command(&["demo", "--people", "500", "--port", &port]);
    let mut demo = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines();
    let address = lines
        .by_ref()
        .map(Result::unwrap)
        .find_map(|line| line.trim().strip_prefix("http://").map(str::to_owned));
    let base = format!("http://{}", address.expect("the demo prints its address").trim_end_matches('/'));
    let arguments = serde_json::json!({ "base": base, "pictures": null });
    let outcome = browser.run("demo.mjs", &arguments);
    // As ctrl-c does, so that it cleans up after itself.
    std::process::Command::new("kill").args(["-INT", &demo.id().to_string()]).status().unwrap();
    assert!(demo.wait().unwrap().success());
    let outcome = outcome.unwrap();
    assert_eq!(outcome["findings"], serde_json::json!([]), "axe-core finds nothing");
    assert_eq!(outcome["foreign"], serde_json::json!([]), "nothing is loaded from elsewhere");
    let seen = &outcome["seen"];
    assert_eq!((seen["buttons"].as_u64(), seen["scripts"].as_u64()), (Some(1), Some(0)), "{seen}");
    assert_eq!(seen["overflow"], false, "{seen}");
    assert_eq!(seen["phoneOverflow"], false, "{seen}");
    for (texted, answer) in [("texted", "You have opted out"), ("texted320", "from now on")] {
        assert!(seen[texted]["text"].as_str().unwrap().contains(answer), "{seen}");
        assert_eq!(seen[texted]["inSight"], true, "{seen}");
    }
    assert!(seen["oneClick"].as_str().unwrap().contains("200"), "{seen}");
    for page in ["opt-out", "done", "undone", "choices", "stopped", "broken"] {
        assert!(!seen[page].as_str().unwrap().is_empty(), "{page}: {seen}");
    }
}
