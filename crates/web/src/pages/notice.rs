//! What is sent to an address that somebody typed on a page: mail, plain and as HTML, or a text message.

use minijinja::context;
use service::jobs::kinds::notice::{MailWords, Matter, NoticeWords, Saying};

use crate::pages::language::Locale;
use crate::pages::render::Renderer;
use crate::pages::sheet::{Words, text, words};

/// Writes notices.
pub struct NoticeWriter(Renderer);

impl Default for NoticeWriter {
    fn default() -> Self {
        Self::new()
    }
}

impl NoticeWriter {
    /// Prepares templates and texts.
    pub fn new() -> Self {
        Self(Renderer::new(consent::WorkspaceId::MAIN))
    }
}

impl NoticeWords for NoticeWriter {
    fn mail(&self, matter: &Matter<'_>) -> Option<MailWords> {
        let locale = self.0.locales().get(matter.language);
        let words = filled(locale, matter, "email");
        let hours = match matter.saying {
            Saying::Confirm(hours) => hours,
            _ => 0,
        };
        let say = |part: &str| text(locale, part, &words, &[("hours", hours)]);
        let about = matter.saying.as_str();
        let subject = say(&format!("notice-{about}-subject"));
        let lead = say(&format!("notice-{about}-lead"));
        let confirms = hours > 0;
        let link = say(if confirms { "notice-confirm-link" } else { "notice-choices-link" });
        let until = if confirms { say("notice-confirm-until") } else { String::new() };
        let ignore = say(if confirms { "notice-confirm-ignore" } else { "notice-choices-ignore" });
        if [&subject, &lead, &link, &ignore].into_iter().any(String::is_empty) {
            return None;
        }
        let last = if until.is_empty() { ignore.clone() } else { format!("{until} {ignore}") };
        let plain = format!("{lead}\n\n{}\n\n{last}\n\n-- \n{}\n", matter.url, words["brand"]);
        let own = context! {
            lang => locale.tag, dir => locale.direction(), args => words, url => matter.url,
            subject, lead, link, last,
        };
        Some(MailWords { html: self.0.text("notice.html", &own)?, subject, text: plain })
    }

    fn text(&self, matter: &Matter<'_>) -> Option<String> {
        let locale = self.0.locales().get(matter.language);
        let words = filled(locale, matter, "sms");
        let body = text(locale, &format!("notice-{}-text", matter.saying.as_str()), &words, &[]);
        // A phone would take the mark behind a link for a part of it.
        let body = body.replace(&format!("\u{2068}{}\u{2069}", matter.url), matter.url);
        (!body.is_empty()).then_some(body)
    }
}

fn filled(locale: &Locale, matter: &Matter<'_>, channel: &str) -> Words {
    let mut words = words(locale, matter.brand, channel);
    words.insert("list", matter.list.to_owned());
    words.insert("url", matter.url.to_owned());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://mail.example.com/c/AQIRASoHAADEenP6H2MfqjnocBA";

    #[test]
    fn every_language_says_everything_with_its_link() {
        let writer = NoticeWriter::new();
        for language in writer.0.locales().tags() {
            for saying in [Saying::Choices, Saying::Confirm(48), Saying::Known] {
                let matter = Matter { saying, language, brand: Some("A<b>&"), list: "N<i>s\"", url: URL };
                let mail = writer.mail(&matter).unwrap();
                assert!(mail.text.contains(&format!("\n\n{URL}\n\n")), "{language} {}", mail.text);
                let lines = |text: &str| text.lines().all(|line| line.len() < 990);
                assert!(lines(&mail.html) && lines(&mail.text), "{language}");
                assert!(mail.html.contains(&format!("href=\"{URL}\"")), "{language} {}", mail.html);
                assert!(
                    !mail.html.contains("<b>") && !mail.html.contains("<i>s"),
                    "{language} {}",
                    mail.html
                );
                let texted = writer.text(&matter).unwrap();
                let after = texted.split_once(URL).map(|(_, after)| after.chars().next());
                assert!(matches!(after, Some(None | Some(' ' | '\n'))), "{language}: {texted}");
                if saying == Saying::Confirm(48) {
                    assert!(mail.text.contains("48"), "{language} {}", mail.text);
                }
            }
        }
    }
}
