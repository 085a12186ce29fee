//! `consentry init`

use std::path::Path;

use anyhow::Result;
use serde::Deserialize;
use serde_json::json;
use service::settings::{OptOutReason, change};

use crate::cli::{Global, Init};
use crate::context::Context;
use crate::data_dir::{self, Place};
use crate::output::{self, Exit, fail, refused_file, told};

/// How the file of reasons is written.
const REASONS: &str = "[[reasons]] with a code and texts, such as texts = { en = \"I have moved\" }";

/// Makes a data directory with its settings, or changes the settings given of one that is there.
pub async fn run(global: &Global, args: Init) -> Result<Exit> {
    let dir = data_dir::absolute(&global.data_dir);
    let dir = dir.display();
    let is_ours = data_dir::require_or_free(global)? == Place::Ready;
    // A further node begins with the others' master.key in its folder.
    if is_ours && global.database.is_none() && args.changes_nothing() {
        return Err(fail(
            format!("{dir}: exists and isn't empty: it is a data directory"),
            "name another with --data-dir, or use it as it is",
        ));
    }
    let asked = change::In {
        opt_out_reasons: args.opt_out_reasons.as_deref().map(opt_out_reasons).transpose()?,
        default_consent: args.default_consent,
        public_url: args.public_url,
        brand: args.brand,
        mail_domains: args.mail_domain,
        jurisdiction_pack: args.jurisdiction_pack,
        soft_bounce_limit: args.soft_bounce_limit,
        ledger: args.ledger.map(Into::into),
        unknown_recipients: args.unknown_recipients,
        if_version: None,
    };
    // Before a data directory is made for it.
    change::check(&asked).map_err(|error| wrong(error, args.opt_out_reasons.as_deref()))?;
    let context = Context::open_or_make(&Global { create: true, ..global.clone() }).await?;
    let settings = change::change(&context.service(), &context.actor(), asked).await.map_err(told)?;
    let value = json!({ "dataDir": global.data_dir, "settings": settings });
    output::data(global.json, &value, || {
        if is_ours {
            return format!("changed the settings of {dir}; they hold from the next decision on");
        }
        format!("made {dir}; guard {dir}/master.key: links and ledger are signed with what it holds")
    });
    Ok(Exit::Done)
}

/// Settings that can't be.
fn wrong(error: change::Error, reasons: Option<&Path>) -> anyhow::Error {
    match (&error, reasons) {
        (change::Error::PublicUrl(_), _) => {
            refused_file("--public-url", error, Some("e.g. https://mail.example.com".to_owned()))
        }
        (_, Some(file)) => refused_file(file.display(), error, Some(REASONS.to_owned())),
        _ => told(error),
    }
}

/// The file of `--opt-out-reasons`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReasonsFile {
    reasons: Vec<OptOutReason>,
}

/// What people may choose from after an opt-out; `None` for the pages' own.
fn opt_out_reasons(file: &Path) -> Result<Option<Vec<OptOutReason>>> {
    if file == Path::new("default") {
        return Ok(None);
    }
    let wrong = |why: &dyn std::fmt::Display| fail(format!("{}: {why}", file.display()), REASONS);
    let text = std::fs::read_to_string(file).map_err(|error| wrong(&error))?;
    let read: ReasonsFile = toml::from_str(&text).map_err(|error| wrong(&error))?;
    Ok(Some(read.reasons))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Option<Vec<OptOutReason>>> {
        let dir = tempfile::tempdir()?;
        let file = dir.path().join("reasons.toml");
        std::fs::write(&file, text)?;
        let reasons = opt_out_reasons(&file)?;
        let asked = change::In { opt_out_reasons: Some(reasons.clone()), ..change::In::default() };
        change::check(&asked).map_err(|error| wrong(error, Some(&file)))?;
        Ok(reasons)
    }

    #[test]
    fn reasons_are_read_in_their_order_and_checked() {
        assert!(opt_out_reasons(Path::new("default")).is_ok_and(|read| read.is_none()));
        assert!(read("reasons = []").is_ok_and(|read| read == Some(Vec::new())));
        let two = "[[reasons]]\ncode = \"moved\"\ntexts = { en = \"I have moved\", de = \"Umgezogen\" }\n\
                   [[reasons]]\ncode = \"closed\"\ntexts.en = \"Your shop is closed\"\n";
        let reasons = read(two).unwrap().unwrap();
        assert_eq!(
            reasons.iter().map(|reason| reason.code.as_str()).collect::<Vec<_>>(),
            ["moved", "closed"]
        );
        assert_eq!(
            (reasons[0].text("de-AT"), reasons[1].text("de")),
            (Some("Umgezogen"), Some("Your shop is closed"))
        );
        for (text, why) in [
            (two.replace("closed\"\n", "moved\"\n"), "twice"),
            (two.replace("\"moved\"", "\"a b\""), "a code has"),
            (two.replace("I have moved", " "), "on one line"),
            (two.replace("I have moved", &"x".repeat(121)), "on one line"),
            (two.replace("code", "kode"), "kode"),
            (two.repeat(7), "more than 12"),
        ] {
            let error = read(&text).unwrap_err();
            assert!(format!("{error:#}").contains(why), "{error:#}");
        }
        assert!(opt_out_reasons(Path::new("/nonexistent")).is_err());
    }
}
