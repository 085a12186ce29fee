//! `consentry init`

use anyhow::Result;
use serde_json::json;

use crate::cli::{Global, Init};
use crate::context::{Context, WORKSPACE};
use crate::output::{self, Exit, fail};

/// Makes a data directory with its settings, or changes the settings given of one that is there.
pub async fn run(global: &Global, args: Init) -> Result<Exit> {
    let dir = global.data_dir.display();
    let is_ours = global.data_dir.join("master.key").is_file();
    let occupied = std::fs::read_dir(&global.data_dir).is_ok_and(|mut entries| entries.next().is_some());
    // A further node begins with the others' master.key in its folder.
    let joins = is_ours && global.database.is_some();
    if occupied && !joins && (!is_ours || args.changes_nothing()) {
        return Err(fail(
            format!("{dir}: exists and isn't empty"),
            "name another with --data-dir, or use it as it is",
        ));
    }
    if let Some(url) = &args.public_url {
        delivery::configuration::check_public_url(url)
            .map_err(|error| fail(format!("--public-url: {error}"), "e.g. https://mail.example.com"))?;
    }
    let context = Context::open(global)?;
    let mut settings = context.settings().await?;
    for (channel, choice) in &args.default_consent {
        settings.default_consent.insert(channel.as_str().to_owned(), choice.as_str().to_owned());
    }
    if let Some(url) = &args.public_url {
        settings.public_url = Some(url.trim_end_matches('/').to_owned());
    }
    for domain in args.mail_domain {
        if !settings.mail_domains.contains(&domain) {
            settings.mail_domains.push(domain);
        }
    }
    settings.brand = args.brand.or(settings.brand);
    settings.jurisdiction_pack = args.jurisdiction_pack.unwrap_or(settings.jurisdiction_pack);
    settings.soft_bounce_limit = args.soft_bounce_limit.or(settings.soft_bounce_limit);
    context.store.put_settings(WORKSPACE, settings.clone()).await?;
    let value = json!({ "data_dir": global.data_dir, "settings": settings });
    output::data(global.json, &value, || {
        if is_ours {
            return format!("changed the settings of {dir}; they hold from the next decision on");
        }
        format!("made {dir}; guard {dir}/master.key: links and ledger are signed with what it holds")
    });
    Ok(Exit::Done)
}
