//! `consentry classify`

use std::io::Read;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use intake::mail::{self, MESSAGE_LENGTH_MAX, Reading};
use serde_json::{Value, json};

use crate::cli::{Classify, ClassifyMail};
use crate::output::{self, Exit};

/// Needs no data directory.
pub fn run(json: bool, command: Classify) -> Result<Exit> {
    match command {
        Classify::Mail(args) => run_mail(json, &args),
        Classify::Sms(args) => super::classify_sms::run(json, &args),
    }
}

/// Reads the files, one at a time, and says what each is.
fn run_mail(json: bool, args: &ClassifyMail) -> Result<Exit> {
    let mut unreadable = 0;
    for file in &args.files {
        match read_file(file) {
            Ok(raw) => {
                let reading = mail::read(&raw);
                if json {
                    output::json(&as_json(file, &reading));
                } else {
                    output::line(as_words(file, &reading));
                }
            }
            Err(error) => {
                unreadable += 1;
                output::say(format_args!("error: {error:#}"));
            }
        }
    }
    if unreadable > 0 {
        bail!("{unreadable} of {} files can't be read", args.files.len());
    }
    Ok(Exit::Done)
}

/// As much of a file as a reading looks at.
fn read_file(file: &Path) -> Result<Vec<u8>> {
    let limit = MESSAGE_LENGTH_MAX as u64;
    let mut raw = Vec::new();
    let read = if file == Path::new("-") {
        std::io::stdin().lock().take(limit).read_to_end(&mut raw)
    } else {
        std::fs::File::open(file).and_then(|opened| opened.take(limit).read_to_end(&mut raw))
    };
    read.with_context(|| format!("can't read {}", file.display()))?;
    Ok(raw)
}

fn as_json(file: &Path, reading: &Reading) -> Value {
    let recipients = reading.recipients.iter().map(|recipient| {
        json!({
            "address": recipient.address,
            "status": recipient.status,
            "reply_code": recipient.reply_code,
            "reason": recipient.reason.as_str(),
            "hard": recipient.hard,
        })
    });
    json!({
        "file": file.to_string_lossy(),
        "kind": reading.kind.name(),
        "feedback_type": reading.feedback_type.map(mail::FeedbackType::name),
        "recipients": recipients.collect::<Vec<_>>(),
    })
}

/// A line for the file, and one for each recipient.
fn as_words(file: &Path, reading: &Reading) -> String {
    let feedback = reading.feedback_type.map(|kind| format!(", {}", kind.name())).unwrap_or_default();
    let mut words = format!("{}: {}{feedback}", file.display(), reading.kind.name().replace('_', " "));
    for recipient in &reading.recipients {
        let address = if recipient.address.is_empty() { "(left out)" } else { &recipient.address };
        let hard = if recipient.hard { "hard" } else { "soft" };
        let row = format!(
            "\n  {address:<40} {:<16} {hard:<5} {:<8} {}",
            recipient.reason.as_str(),
            recipient.status,
            recipient.reply_code
        );
        words.push_str(row.trim_end());
    }
    words
}
