//! Which message it is: by a token of ours, wherever it has survived, else by its sender.

use anyhow::Result;
use consent::Token;
use delivery::EmailConfiguration;
use delivery::selftest::{Course, Delivered, Head};
use intake::feedback::token_in;
use percent_encoding::percent_decode_str;

use super::super::Test;
use super::super::plan::Planned;
use crate::context::Context;

/// What is known of a message.
pub struct Known {
    /// The run that sent it.
    pub course: Option<Course>,
    /// Whom it was sent to, and what of it.
    pub token: Option<Token>,
    /// By what it is known, in words.
    pub by: &'static str,
}

/// Finds the run that sent a message.
pub async fn identify(context: &Context, mail: &Delivered, planned: &[Planned]) -> Result<Known> {
    let ring = context.store.key_ring();
    let field = |name: &str| mail.head.all(name).find_map(|value| token_in(&ring, value));
    let in_body = || mail.links().iter().find_map(|link| token_in(&ring, &decoded(&link.url)));
    let found = field("Return-Path")
        .map(|token| (token, "known by its envelope sender"))
        .or_else(|| field("List-Unsubscribe").map(|token| (token, "known by its List-Unsubscribe")))
        .or_else(|| in_body().map(|token| (token, "known by a link in it")));
    if let Some((token, by)) = found {
        let run = match token.sent().run() {
            Some(run) => context.store.run(context.workspace, run).await?,
            None => None,
        };
        if let Some(run) = run
            && let Some(stored) = context.store.configuration(context.workspace, run.configuration).await?
        {
            let course =
                Course::of(&context.store, context.workspace, run, &stored, &context.secrets).await?;
            return Ok(Known { course: Some(course), token: Some(token), by });
        }
    }
    let from = mail.head.first("From").unwrap_or_default().to_ascii_lowercase();
    for course in planned.iter().filter_map(|planned| planned.course.as_ref().ok()) {
        let Some(email) = course.email() else { continue };
        if !from.contains(&email.from.email.to_ascii_lowercase()) {
            continue;
        }
        // Its own copy, since it may be another run's than the one that was looked up here.
        if let Some(stored) = context.store.configuration(context.workspace, course.run.configuration).await?
        {
            let course =
                Course::of(&context.store, context.workspace, course.run.clone(), &stored, &context.secrets)
                    .await?;
            let by = "known by its sender alone, and taken for one of the latest run";
            return Ok(Known { course: Some(course), token: None, by });
        }
    }
    Ok(Known { course: None, token: None, by: "unknown" })
}

/// Click trackers carry the address that they lead to in a parameter of theirs: `%2F` and the like put back, twice, as
/// some encode twice.
fn decoded(url: &str) -> String {
    let once = percent_decode_str(url).decode_utf8_lossy();
    percent_decode_str(&once).decode_utf8_lossy().into_owned()
}

impl Known {
    /// The header as it was sent; `None` where nobody can tell to whom it went.
    pub async fn sent(
        &self,
        test: &Test<'_>,
        course: &Course,
        email: &EmailConfiguration,
    ) -> Result<Option<Head>> {
        let store = &test.context.store;
        let owner = match &self.token {
            Some(token) => store.owner(token.workspace, token.address).await?,
            None => test
                .subjects
                .iter()
                .map(|subject| &subject.owner)
                .find(|owner| owner.raw.contains('@'))
                .cloned(),
        };
        let Some(owner) = owner else { return Ok(None) };
        let gate = course.gate(test.context.store.clone(), std::sync::Arc::clone(&test.context.clock));
        let mut person = course.person(&gate, &owner).await?;
        if let Some(token) = self.token {
            (person.epoch, person.sent) = (token.epoch, token.sent());
        }
        let (_, head) = course.head(email, &person, test.context.now())?;
        Ok(Some(head))
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_trackers_encode_is_read() {
        for url in [
            "https://t.example/?u=https%3A%2F%2Fm.example%2Fu%2Fabc",
            "https://t.example/?u=https%253A%252F%252Fm.example%252Fu%252Fabc",
        ] {
            assert_eq!(super::decoded(url), "https://t.example/?u=https://m.example/u/abc");
        }
        assert_eq!(super::decoded("100%"), "100%");
        assert_eq!(super::decoded("%zz%4"), "%zz%4");
    }
}
