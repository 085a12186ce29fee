//! `list ...`

use clap::{Args, Subcommand};
use consent::Timestamp;

use super::moment;

/// `list ...`
#[derive(Debug, Subcommand)]
pub enum List {
    /// Make a subscription list
    Create {
        /// Its name
        name: String,
        /// When it starts
        #[arg(long, value_parser = moment, value_name = "TIME")]
        start: Option<Timestamp>,
        /// When it ends
        #[arg(long, value_parser = moment, value_name = "TIME")]
        end: Option<Timestamp>,
        #[command(flatten)]
        details: ListDetails,
    },
    /// Change how people meet a list, and when it is in use; what isn't named stays
    #[command(alias = "edit")]
    Set {
        /// Its name
        name: String,
        /// When it starts
        #[arg(long, value_parser = moment, value_name = "TIME")]
        start: Option<Timestamp>,
        /// From the beginning
        #[arg(long, conflicts_with = "start")]
        no_start: bool,
        /// When it ends
        #[arg(long, value_parser = moment, value_name = "TIME")]
        end: Option<Timestamp>,
        /// Never
        #[arg(long, conflicts_with = "end")]
        no_end: bool,
        #[command(flatten)]
        details: ListDetails,
    },
    /// Print a form for your own site, as HTML, by which people join a public list
    Form {
        /// Its name
        name: String,
        /// The language of its words
        #[arg(long, default_value = "en", value_name = "LANG")]
        lang: String,
        /// Ask for a phone number instead of an email address
        #[arg(long)]
        sms: bool,
    },
    /// Show a list, or all
    Show {
        /// Its name
        name: Option<String>,
    },
}

/// How people meet a list.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct ListDetails {
    /// Its title in a language; nothing after the = takes the language away
    #[arg(long, value_parser = translated, value_name = "LANG=TEXT")]
    pub title: Vec<(String, String)>,
    /// What it brings, in a language that it has a title in
    #[arg(long, value_parser = translated, value_name = "LANG=TEXT")]
    pub description: Vec<(String, String)>,
    /// Offer it to everybody on the page of choices
    #[arg(long)]
    pub public: bool,
    /// Show it only to those who are on it, as a new list is
    #[arg(long, conflicts_with = "public")]
    pub private: bool,
    /// Put whoever joins on it at once: the address may be anybody's
    #[arg(long)]
    pub single_opt_in: bool,
    /// Ask whoever joins to confirm it by mail or text, as a new list does
    #[arg(long, conflicts_with = "single_opt_in")]
    pub double_opt_in: bool,
    /// Where it stands among the others, lowest first
    #[arg(long, allow_negative_numbers = true, value_name = "N")]
    pub position: Option<i32>,
}

/// A text with its language before the first equals sign.
fn translated(text: &str) -> Result<(String, String), String> {
    let (language, text) = text.split_once('=').ok_or("write LANG=TEXT, such as de=Neuigkeiten")?;
    Ok((language.trim().to_owned(), text.trim().to_owned()))
}
