//! `consentry classify sms`

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use anyhow::{Context as _, Result};
use consent::sms::{Keywords, Verdict, classify};
use serde_json::json;

use crate::cli::ClassifySms;
use crate::output::{self, Exit};

/// So many bytes of a line are read, more than the longest message has; the rest is skipped.
const LINE_LENGTH_MAX: usize = 64 * 1024;

/// Answers every line of the files, or of standard input, with a line.
pub fn run(json: bool, args: &ClassifySms) -> Result<Exit> {
    let mut out = BufWriter::new(io::stdout().lock());
    let answered = if args.files.is_empty() {
        answer(io::stdin().lock(), &mut out, json)
    } else {
        args.files.iter().try_for_each(|file| answer_file(file, &mut out, json))
    };
    match answered.and_then(|()| Ok(out.flush()?)) {
        // A reader that has gone away isn't an error.
        Err(error) if is_broken_pipe(&error) => Ok(Exit::Done),
        ended => ended.map(|()| Exit::Done),
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

fn answer_file(file: &Path, out: &mut impl Write, json: bool) -> Result<()> {
    if file == Path::new("-") {
        return answer(io::stdin().lock(), out, json);
    }
    let opened = File::open(file).with_context(|| format!("can't read {}", file.display()))?;
    answer(BufReader::new(opened), out, json)
}

fn answer(mut lines: impl BufRead, out: &mut impl Write, json: bool) -> Result<()> {
    let keywords = Keywords::default();
    let mut line = Vec::new();
    loop {
        // Somebody may be waiting for the answers to what was read so far.
        if !lines.fill_buf()?.contains(&b'\n') {
            out.flush()?;
        }
        if !next_line(&mut lines, &mut line)? {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&line);
        let Verdict { class, rule, .. } = classify(&text.replace("\\n", "\n"), &keywords);
        if json {
            let value = json!({ "text": text, "class": class.as_str(), "rule": rule });
            writeln!(out, "{}", output::shown_json(&value))?;
        } else {
            writeln!(out, "{:<8} {rule:<24} {}", class.as_str(), output::shown(&text))?;
        }
    }
}

/// Reads a line without its end into `line`; of a very long one its beginning. False at the end of the input.
fn next_line(lines: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    let mut any = false;
    loop {
        let read = lines.fill_buf()?;
        if read.is_empty() {
            break;
        }
        any = true;
        let end = read.iter().position(|&byte| byte == b'\n');
        let part = &read[..end.unwrap_or(read.len())];
        line.extend_from_slice(&part[..part.len().min(LINE_LENGTH_MAX - line.len())]);
        let used = end.map_or(read.len(), |end| end + 1);
        lines.consume(used);
        if end.is_some() {
            break;
        }
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(any)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(input: &[u8]) -> Vec<serde_json::Value> {
        let mut out = Vec::new();
        answer(BufReader::with_capacity(7, input), &mut out, true).unwrap();
        String::from_utf8(out).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn every_line_is_answered_with_its_text() {
        let answers = answers(b"STOP\r\n\nthanks\nok\\n> Reply STOP to end\nHELP");
        let got: Vec<_> = answers.iter().map(|answer| answer["class"].as_str().unwrap()).collect();
        assert_eq!(got, ["opt_out", "none", "none", "none", "help"]);
        assert_eq!(answers[3]["text"], "ok\\n> Reply STOP to end");
        assert_eq!(answers[0], json!({ "text": "STOP", "class": "opt_out", "rule": "keyword" }));
        assert!(self::answers(b"").is_empty());
    }

    #[test]
    fn bytes_that_are_no_text_and_endless_lines_are_answered() {
        let mut input = b"\xff\xfe stop\n".to_vec();
        input.extend(std::iter::repeat_n(b'x', 3 * LINE_LENGTH_MAX));
        input.extend(b"\nstop\n");
        let answers = answers(&input);
        assert_eq!(answers.len(), 3);
        assert_eq!(answers[0]["class"], "opt_out");
        assert_eq!(answers[1]["text"].as_str().map(str::len), Some(LINE_LENGTH_MAX));
        assert_eq!(answers[2]["class"], "opt_out");
    }
}
