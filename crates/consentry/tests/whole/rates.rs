//! A relay's limit of speed belongs to the relay: all processes on a store keep to it together.

use std::process::Stdio;
use std::time::Duration;

use xtask::product::{Mailing, Pace, Receiver, now};

use crate::support::Desk;

const PEOPLE: u32 = 40;
const PER_SECOND: u32 = 20;

#[test]
fn two_processes_keep_to_one_speed() {
    Desk::on_each_engine(|desk| {
        let receiver = Receiver::start(Pace::default()).unwrap();
        let rows: String = (0..PEOPLE).fold(String::new(), |rows, n| rows + &format!("p{n}@example.com\n"));
        let audience = desk.write("people.csv", format!("email\n{rows}"));
        let began = now();
        let runs = ["one", "two"].map(|name| {
            let file = desk.path(&format!("{name}.toml"));
            let mailing = Mailing::new(name, receiver.port(), 4);
            Mailing { audience: Some(audience.clone()), ..mailing }.write(&file).unwrap();
            let text = std::fs::read_to_string(&file).unwrap();
            let limited = format!("connections_max = 4\nrate_per_second = {PER_SECOND}");
            let text = text.replace("connections_max = 4", &limited);
            assert!(text.contains("rate_per_second"), "{text}");
            std::fs::write(&file, text).unwrap();
            let mut run = desk.command(&["campaign", "run", file.to_str().unwrap()]);
            run.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
        });
        for mut run in runs {
            assert!(run.wait().unwrap().success());
        }
        let mut arrived: Vec<_> = receiver.mails().into_iter().map(|mail| mail.begun).collect();
        arrived.sort_unstable();
        assert_eq!(arrived.len(), 2 * PEOPLE as usize);
        // Each has a turn of its own. Alone, each process would be through in half the time.
        for (n, at) in (0..).zip(arrived) {
            assert!(at >= began + Duration::from_secs(1) / PER_SECOND * n, "message {n} came too early");
        }
    });
}
