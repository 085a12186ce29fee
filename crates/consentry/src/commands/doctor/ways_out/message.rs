//! A message as it was delivered, compared with what was sent.

mod fields;
mod identify;
mod links;
mod signed;

use anyhow::{Context as _, Result};
use delivery::selftest::{Delivered, DkimKeys};
use serde_json::json;

use self::identify::{Known, identify};
use super::Test;
use super::plan::Planned;
use super::report::Section;
use super::verdict::Way;
use crate::output::fail;
use crate::server_file::ServerFile;

/// Mails of one sender that are looked through for one of each configuration.
const MAILS_MAX: usize = 20;

/// Compares the message of `--message`, or the newest one of each configuration in `--mailbox`.
pub async fn check(
    test: &Test<'_>,
    file: Option<&ServerFile>,
    planned: &[Planned],
    keys: DkimKeys,
) -> Result<Vec<Section>> {
    let mut sections = Vec::new();
    for (place, mail) in mails(test, file, planned).await? {
        test.progress.at(format_args!("{place}"));
        let known = identify(test.context, &mail, planned).await?;
        sections.push(compare(test, &place, &mail, known, &keys).await?);
    }
    Ok(sections)
}

/// The messages, and where each is from.
async fn mails(
    test: &Test<'_>,
    file: Option<&ServerFile>,
    planned: &[Planned],
) -> Result<Vec<(String, Delivered)>> {
    if let Some(path) = &test.args.message {
        let place = path.display().to_string();
        let bytes = std::fs::read(path).with_context(|| place.clone())?;
        let mail = Delivered::read(&bytes)
            .ok_or_else(|| fail(format!("{place} is no mail"), "save the message with its whole source"))?;
        return Ok(vec![(place, mail)]);
    }
    let (Some(name), Some(file), Some(beside)) = (&test.args.mailbox, file, &test.args.config) else {
        return Ok(Vec::new());
    };
    let section = file.mailbox.iter().find(|section| section.is_called(name)).ok_or_else(|| {
        let hint = format!("name one with `name = \"{name}\"`, or by its user");
        fail(format!("{}: there is no [[mailbox]] `{name}`", beside.display()), hint)
    })?;
    let config = section.config(beside)?;
    let mut found: Vec<(String, Delivered)> = Vec::new();
    let mut seen: Vec<String> = Vec::new();
    let courses = planned.iter().filter_map(|planned| planned.course.as_ref().ok());
    let mut senders: Vec<&str> = courses.filter_map(|course| Some(&*course.email()?.from.email)).collect();
    senders.sort_unstable();
    senders.dedup();
    for sender in senders {
        test.progress.at(format_args!("mailbox {name}, mails from {sender}"));
        let newest = wire::imap::newest_from(&config, sender, MAILS_MAX).await.map_err(|error| {
            fail(format!("mailbox {name}: {error}"), "docs/receiving.md explains the keys of [[mailbox]]")
        })?;
        for mail in newest.iter().filter_map(|bytes| Delivered::read(bytes)) {
            let known = identify(test.context, &mail, planned).await?;
            // The newest of each configuration.
            if let Some(course) = &known.course
                && !seen.contains(&course.configuration.name)
            {
                seen.push(course.configuration.name.clone());
                found.push((format!("newest message from {sender} in {name}"), mail));
            }
        }
    }
    if found.is_empty() {
        let hint =
            "send a campaign to an address whose mail ends there; --configuration narrows what is looked for";
        return Err(fail(format!("mailbox {name} holds no message of ours"), hint));
    }
    Ok(found)
}

async fn compare(
    test: &Test<'_>,
    place: &str,
    mail: &Delivered,
    known: Known,
    keys: &DkimKeys,
) -> Result<Section> {
    let head = match &known.course {
        Some(course) => {
            format!("{place}: a message of \u{201c}{}\u{201d}, {}", course.run.campaign, known.by)
        }
        None => format!("{place}: no message of ours, as far as can be told"),
    };
    let about = json!({
        "message": place,
        "configuration": known.course.as_ref().map(|course| &course.configuration.name),
        "campaign": known.course.as_ref().map(|course| &course.run.campaign),
        "run": known.course.as_ref().map(|course| course.run.id.to_string()),
        "knownBy": known.by,
    });
    let Some(course) = &known.course else {
        let words = "it holds no token of ours, and no configuration sends from its From";
        let hint = "name a message that a campaign of this workspace sent";
        let way = Way::not_checked("message", "message", words).hint(hint);
        return Ok(Section::message(head, about, vec![way]));
    };
    let Some(email) = course.email() else {
        let way = Way::not_checked("message", "message", "its configuration sends no email now");
        return Ok(Section::message(head, about, vec![way]));
    };
    test.progress.at(format_args!("{place}: signatures"));
    let signatures = delivery::selftest::verify(&mail.raw, keys, &email.dkim).await;
    let sent = known.sent(test, course, email).await?;
    let ring = test.context.store.key_ring();
    let mut ways = fields::unsubscribe(mail, sent.as_ref(), &ring);
    ways.extend(signed::signatures(&signatures, email));
    ways.push(signed::one_click(mail, &signatures, &ring));
    ways.extend(fields::others(mail, sent.as_ref(), &ring));
    ways.push(signed::receiver(mail));
    ways.extend(links::check(test, course, &known, mail).await?);
    Ok(Section::message(head, about, ways))
}
