//! Webhooks, which anybody may post to.

use anyhow::Result;

use super::probe::{get, post};
use super::sockets::hold;
use super::target::{TOPIC, Target};
use super::{Found, Size};
use crate::product::now;

const PATH: &str = "/hooks/ses";
/// Posts that stand, twice as many as once had a place.
const STANDING: usize = 64;
/// As they stand in dates.
const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
/// Length of a large body.
const LARGE: usize = 1 << 20;

/// Posts to a webhook whose bodies don't come, while somebody else's does.
pub(super) fn standing(target: &Target, size: Size) -> Result<Found> {
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nContent-Length: 100000\r\n\r\n{{"
    );
    let open = hold(target.port, STANDING, head.as_bytes())?;
    let mut violations = Vec::new();
    let begun = now();
    let mut answered = 0;
    while begun.elapsed() < size.time {
        let (status, _) = post(target.port, PATH, "text/plain", b"{}")?;
        if status == 401 {
            answered += 1;
        } else {
            violations.push(format!("a post that isn't signed is answered with {status}"));
        }
        std::thread::sleep(size.time / 20);
    }
    let tried = format!("{} posts to a webhook that don't go on", open.len());
    Ok(Found { tried, happened: format!("{answered} others were answered"), violations })
}

/// Large JSON without a signature, as fast as one client sends it.
pub(super) fn unsigned(target: &Target, size: Size) -> Result<Found> {
    let mut violations = Vec::new();
    let deep = "[".repeat(LARGE / 2);
    let wide = format!("{{\"Type\":[{}0]}}", "{\"a\":1},".repeat(60_000));
    let bodies = [deep, wide, format!("{{\"Message\":\"{}\"}}", "\\n".repeat(200_000))];
    let (begun, mut posts) = (now(), 0);
    for body in bodies.iter().cycle() {
        if begun.elapsed() >= size.time {
            break;
        }
        let (status, _) = post(target.port, PATH, "text/plain", body.as_bytes())?;
        if !matches!(status, 400 | 401 | 413) {
            violations.push(format!("it is answered with {status}"));
        }
        posts += 1;
    }
    let tried = "JSON of up to 1 MB without a signature".to_owned();
    Ok(Found { tried, happened: format!("{posts} of them were refused"), violations })
}

/// Messages that name other hosts for the certificate: none may be asked, and nothing of it told.
pub(super) fn hosts(target: &Target, size: Size) -> Result<Found> {
    let hosts = [
        "sns.s3.amazonaws.com",
        "sns.s3-eu-west-1.amazonaws.com",
        "sns.eu-west-2.amazonaws.com",
        "sns.eu-west-1.amazonaws.com.cn",
        "sns.eu-west-1.amazonaws.com.invalid",
        "sns.eu-west-1.amazonaws.com:8443",
        "sns.eu-west-1.amazonaws.com@127.0.0.1",
        "127.0.0.1",
    ];
    // The server's own moment: a message must be fresh.
    let time = rfc3339(&get(target.port, "/healthz")?.1);
    let mut violations = Vec::new();
    let (begun, mut posts) = (now(), 0);
    for host in hosts.iter().cycle() {
        if posts >= hosts.len() && begun.elapsed() >= size.time {
            break;
        }
        posts += 1;
        let body = format!(
            "{{\"Type\":\"Notification\",\"MessageId\":\"1\",\"TopicArn\":\"{TOPIC}\",\"Message\":\"{{}}\",\"Timestamp\":\"{time}\",\
             \"SignatureVersion\":\"2\",\"Signature\":\"AAAA\",\"SigningCertURL\":\"https://{host}/a.pem\"}}"
        );
        let (status, answer) = post(target.port, PATH, "text/plain", body.as_bytes())?;
        if status != 403 || answer.contains(host) {
            violations.push(format!("{host}: {status}"));
        }
    }
    let tried = format!("{posts} posts that name {} hosts for Amazon's certificate", hosts.len());
    Ok(Found { tried, happened: "each was refused unasked".to_owned(), violations })
}

/// The moment of an answer's `Date` header.
fn rfc3339(answer: &str) -> String {
    let date =
        answer.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("date: ").map(str::to_owned));
    let date = date.unwrap_or_default();
    let parts: Vec<&str> = date.split_whitespace().collect();
    let [_, day, month, year, time, _] = parts.as_slice() else { return String::new() };
    let month = MONTHS.iter().position(|name| name == month).map_or(0, |at| at + 1);
    format!("{year}-{month:02}-{day}T{time}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_moment_of_an_answer() {
        let answer = "HTTP/1.1 200 OK\r\ndate: Mon, 30 Nov 2026 10:07:35 GMT\r\n\r\nok\n";
        assert_eq!(rfc3339(answer), "2026-11-30T10:07:35Z");
    }
}
