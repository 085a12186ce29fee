//! The words of a notice. Who writes them knows the languages of the pages.

/// What is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saying {
    /// Where choices are made.
    Choices,
    /// How an opt-in is confirmed, within so many hours.
    Confirm(u64),
    /// The address is on the list already.
    Known,
}

impl Saying {
    /// Its name in the texts of each language.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Choices => "choices",
            Self::Confirm(_) => "confirm",
            Self::Known => "known",
        }
    }
}

/// What it is about.
#[derive(Clone, Copy, Debug)]
pub struct Matter<'a> {
    /// What is said.
    pub saying: Saying,
    /// BCP 47 tag.
    pub language: &'a str,
    /// The brand's name.
    pub brand: Option<&'a str>,
    /// The list's title.
    pub list: &'a str,
    /// The link.
    pub url: &'a str,
}

/// A mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailWords {
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

/// Writes notices.
pub trait NoticeWords: Send + Sync {
    /// The mail; `None` if a text is missing, which no language's is.
    fn mail(&self, matter: &Matter<'_>) -> Option<MailWords>;

    /// The text message.
    fn text(&self, matter: &Matter<'_>) -> Option<String>;
}
