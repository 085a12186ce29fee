//! From words to a command.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{CommandFactory as _, FromArgMatches as _};
use consent::{Category, Channel, Choice, Level};
use service::jobs::JobState;
use service::settings::UnknownRecipients;

use super::Cli;

/// Reads the command line. What follows an option that takes a value is its value, also where it begins with a hyphen:
/// senders of mail do, and a text, a file or a list may.
pub fn parse() -> Result<Cli, clap::Error> {
    parse_from(std::env::args_os())
}

fn parse_from(
    words: impl IntoIterator<Item = impl Into<std::ffi::OsString> + Clone>,
) -> Result<Cli, clap::Error> {
    let matches = with_hyphens(Cli::command()).try_get_matches_from(words)?;
    Cli::from_arg_matches(&matches)
}

fn with_hyphens(command: clap::Command) -> clap::Command {
    let command = command.mut_args(|arg| {
        let takes_value = !arg.is_positional() && arg.get_action().takes_values();
        if takes_value { arg.allow_hyphen_values(true) } else { arg }
    });
    command.mut_subcommands(with_hyphens)
}

/// One of these names, which `--help` shows.
fn one_of<T>(names: &'static [&'static str]) -> impl TypedValueParser<Value = T>
where
    T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static> + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(names).try_map(|name| name.parse::<T>())
}

/// A channel by its name.
pub fn channel() -> impl TypedValueParser<Value = Channel> {
    one_of(&["email", "sms", "push", "whatsApp", "call", "fax", "postalMail", "commercialEmail"])
}

/// A channel whose messages we send.
pub fn sending_channel() -> impl TypedValueParser<Value = Channel> {
    one_of(&["email", "sms", "push"])
}

/// A category by its name.
pub fn category() -> impl TypedValueParser<Value = Category> {
    one_of(&["marketing", "transactional"])
}

/// A state of a job by its name.
pub fn job_state() -> impl TypedValueParser<Value = JobState> {
    one_of(&["queued", "running", "failed", "done", "dead", "cancelled"])
}

/// A kind of definition by its name.
pub fn definition_kind() -> impl TypedValueParser<Value = service::definitions::DefinitionKind> {
    one_of(&["configuration", "content", "campaign"])
}

/// A channel and what an empty choice means on it.
pub fn channel_choice(text: &str) -> Result<(Channel, Choice), String> {
    let (channel, choice) = text.split_once('=').ok_or("write it as CHANNEL=CHOICE, e.g. email=n")?;
    let channel = channel.parse().map_err(|error| format!("channel: {error}"))?;
    Ok((channel, choice.parse().map_err(|error| format!("choice: {error}"))?))
}

/// What programs are told of an address that nobody has.
pub fn unknown_recipients(text: &str) -> Result<UnknownRecipients, String> {
    let mut all = [UnknownRecipients::Default, UnknownRecipients::No].into_iter();
    all.find(|known| known.as_str() == text).ok_or_else(|| "use default or no".to_owned())
}

/// A level by its name.
pub fn level() -> impl TypedValueParser<Value = Level> {
    one_of(&["channel", "identity", "subscription", "any"])
}

#[cfg(test)]
mod tests {
    use super::super::{Command, Intake};
    use super::*;

    #[test]
    fn a_value_may_begin_with_a_hyphen() {
        for words in [
            "intake mail --from -x@example.com --to -y@example.com",
            "opt-out a@example.com --reason -no --list -news --level subscription",
            "check --channel email --address -x@example.com --list -news",
            "classify mail -- -mail.eml",
            "check a@example.com --channel email",
            "opt-in a@example.com --proof -signed",
            "list set news --title de=-Neues",
        ] {
            let words = std::iter::once("consentry").chain(words.split(' '));
            let parsed = parse_from(words.clone());
            assert!(parsed.is_ok(), "{words:?}: {}", parsed.unwrap_err());
        }
        let Command::Intake(Intake::Mail(mail)) =
            parse_from(["consentry", "intake", "mail", "--from", "", "--to", "-y@x.example"])
                .unwrap()
                .command
        else {
            panic!("another command")
        };
        assert_eq!((mail.from.as_deref(), mail.to), (Some(""), vec!["-y@x.example".to_owned()]));
    }
}
