//! `consentry init`

use std::path::Path;

use anyhow::Result;
use serde::Deserialize;
use serde_json::json;
use store::{OptOutReason, Settings};

use crate::cli::{Global, Init};
use crate::context::{Context, WORKSPACE};
use crate::data_dir::{self, Place};
use crate::output::{self, Exit, fail};

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
    if let Some(url) = &args.public_url {
        wire::http::check_public_url(url)
            .map_err(|error| fail(format!("--public-url: {error}"), "e.g. https://mail.example.com"))?;
    }
    let reasons = args.opt_out_reasons.as_deref().map(opt_out_reasons).transpose()?;
    let context = Context::open_or_make(&Global { create: true, ..global.clone() })?;
    let change = move |settings: &mut Settings| args.apply(reasons.as_ref(), settings);
    let settings = context.store.update_settings(WORKSPACE, Box::new(change)).await?;
    let value = json!({ "data_dir": global.data_dir, "settings": settings });
    output::data(global.json, &value, || {
        if is_ours {
            return format!("changed the settings of {dir}; they hold from the next decision on");
        }
        format!("made {dir}; guard {dir}/master.key: links and ledger are signed with what it holds")
    });
    Ok(Exit::Done)
}

impl Init {
    /// Changes the settings that are named, and leaves the others.
    fn apply(&self, reasons: Option<&Option<Vec<OptOutReason>>>, settings: &mut Settings) {
        for (channel, choice) in &self.default_consent {
            settings.default_consent.insert(channel.as_str().to_owned(), choice.as_str().to_owned());
        }
        if let Some(url) = &self.public_url {
            settings.public_url = Some(url.trim_end_matches('/').to_owned());
        }
        for domain in &self.mail_domain {
            if !settings.mail_domains.contains(domain) {
                settings.mail_domains.push(domain.clone());
            }
        }
        if let Some(brand) = &self.brand {
            settings.brand = Some(brand.clone());
        }
        settings.jurisdiction_pack = self.jurisdiction_pack.unwrap_or(settings.jurisdiction_pack);
        settings.soft_bounce_limit = self.soft_bounce_limit.or(settings.soft_bounce_limit);
        if let Some(reasons) = reasons {
            settings.opt_out_reasons.clone_from(reasons);
        }
        settings.ledger = self.ledger.map_or(settings.ledger, Into::into);
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
    const HINT: &str = "[[reasons]] with a code and texts, such as texts = { en = \"I have moved\" }";
    if file == Path::new("default") {
        return Ok(None);
    }
    let wrong = |why: &dyn std::fmt::Display| fail(format!("{}: {why}", file.display()), HINT);
    let text = std::fs::read_to_string(file).map_err(|error| wrong(&error))?;
    let read: ReasonsFile = toml::from_str(&text).map_err(|error| wrong(&error))?;
    let (reasons, max) = (read.reasons, OptOutReason::REASONS_MAX);
    if reasons.len() > max {
        return Err(wrong(&format!("more than {max} reasons")));
    }
    for (at, reason) in reasons.iter().enumerate() {
        reason.check().map_err(|why| wrong(&why))?;
        if reasons[..at].iter().any(|other| other.code == reason.code) {
            return Err(wrong(&format!("`{}` is there twice", reason.code)));
        }
    }
    Ok(Some(reasons))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Option<Vec<OptOutReason>>> {
        let dir = tempfile::tempdir()?;
        let file = dir.path().join("reasons.toml");
        std::fs::write(&file, text)?;
        opt_out_reasons(&file)
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
