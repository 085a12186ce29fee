//! SMS pumping: texts to numbers that earn by them, by the pages and by what is answered to texts.

use anyhow::Result;
use serde_json::json;

use super::{ask, counted, encoded, network, settled};
use crate::attack::probe::post_with;
use crate::attack::target::{ANSWERS_PER_DAY, LIST, SMS_AUTHORIZATION, TEXTS_SENDER, Target};
use crate::attack::{Found, Size};

/// What the pages text to unknown numbers within an hour, whoever asks: a quarter of the day's 100, as docs/subscribe.md says;
/// and to numbers that differ in the last two digits only.
const TEXTED_MAX: usize = 25;
const RANGE_MAX: usize = 4;
/// What is answered to one number in a day, of one kind.
const ANSWERED_MAX: usize = 3;
/// Numbers that are typed, and that text us.
const NUMBERS: usize = 100;
const TEXTING: usize = 60;
/// Those where a text costs most: premium rates, shared costs, satellites, personal numbers.
const DEAR: [&str; 5] = ["+4990012345678", "+491801234567", "+881612345678", "+88213300123", "+447012345678"];
/// One of a country that the pages don't text to.
const ABROAD: &str = "+358401234567";

/// Has texts sent to many numbers in a row and all over, to dear ones, and has itself answered again and again.
pub(in crate::attack) fn pumping(target: &Target, _: Size) -> Result<Found> {
    let mut violations = Vec::new();
    let in_a_row = (0..NUMBERS).map(|n| format!("+49151234567{n:02}"));
    let all_over = (0..NUMBERS).map(|n| format!("+4917{}{:07}", n % 10, 1_234_567 + 70_001 * n));
    let typed: Vec<String> =
        in_a_row.chain(all_over).chain(DEAR.map(str::to_owned)).chain([ABROAD.to_owned()]).collect();
    for (n, number) in typed.iter().enumerate() {
        let fields = format!("address={}&agree=yes&by=sms", encoded(number));
        ask(target, &network(n), &format!("/subscribe/{LIST}"), &fields)?;
    }
    settled(|| target.phones.sent().len())?;
    let texted: Vec<String> = target.phones.sent().into_iter().map(|sent| sent.number).collect();
    at_most(&mut violations, "unknown numbers", texted.len(), TEXTED_MAX);
    if texted.iter().any(|number| number == ABROAD) {
        violations.push(format!("{ABROAD} got a text of the pages"));
    }
    let in_range = texted.iter().filter(|number| number.starts_with("+49151234567")).count();
    at_most(&mut violations, "numbers in a row", in_range, RANGE_MAX);
    let answered = answers(target, &mut violations)?;
    let sent = target.phones.sent();
    if let Some(dear) = sent.iter().find(|sent| DEAR.contains(&sent.number.as_str())) {
        violations.push(format!("{} got a text", dear.number));
    }
    let tried = format!("{} numbers typed, HELP from {TEXTING} strangers and 20 times from one", typed.len());
    let happened = format!("{} texts of the pages, {answered} answers, none to a dear number", texted.len());
    Ok(Found { tried, happened, violations })
}

fn at_most(violations: &mut Vec<String>, who: &str, got: usize, most: usize) {
    if got > most {
        violations.push(format!("{who} got {got} texts, and {most} is the most"));
    }
}

/// Texts that ask for an answer, as the provider tells of them; how many answers went out.
fn answers(target: &Target, violations: &mut Vec<String>) -> Result<usize> {
    let before = target.phones.sent().len();
    let again = vec!["+4915299999999".to_owned(); 20];
    let fresh = (0..TEXTING).map(|n| format!("+4916{}{:07}", n % 10, 7_654_321 - 50_001 * n));
    let from: Vec<String> = again.into_iter().chain(DEAR.map(str::to_owned)).chain(fresh).collect();
    for (n, number) in from.iter().enumerate() {
        let bare = number.trim_start_matches('+');
        let text = json!({ "messageId": format!("m{n}"), "from": bare, "to": TEXTS_SENDER.trim_start_matches('+'), "text": "HELP" });
        let body = json!({ "results": [text] }).to_string();
        let authorization = ("Authorization", SMS_AUTHORIZATION);
        let (status, _) =
            post_with(target.port, &[authorization], "/sms/net", "application/json", body.as_bytes())?;
        if status != 200 {
            violations.push(format!("a text is answered with {status}"));
        }
    }
    settled(|| target.phones.sent().len())?;
    let answered: Vec<String> =
        target.phones.sent().into_iter().skip(before).map(|sent| sent.number).collect();
    let most = counted(&answered).into_values().max().unwrap_or_default();
    at_most(violations, "one number that asks for help", most, ANSWERED_MAX);
    at_most(violations, "strangers who ask for help", answered.len(), ANSWERS_PER_DAY);
    Ok(answered.len())
}
