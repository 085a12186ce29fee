//! Numbers and senders as providers write them.

use consent::sms::Sender;
use consent::{Address, Channel, is_invisible};

use store::Text;

use crate::mail::cut;

/// The address of who wrote. Providers leave the `+` away; what is no number is kept all the same, since an opt-out is
/// never dropped (I7). `None` where nothing is left to tell one person from another.
pub(super) fn address(from: &str) -> Option<Address> {
    let shown: String = from.chars().filter(|&c| !c.is_control() && !is_invisible(c)).collect();
    Address::phone_as_received(strip(&shown)).ok()
}

/// The address, if it is a number that can be sent to: as providers write one, without anything that has to be repaired.
pub(super) fn number(text: &str) -> Option<Address> {
    let bare = Some(strip(text)).filter(|bare| bare.is_ascii())?;
    let digits = bare.bytes().all(|byte| byte.is_ascii_digit());
    let written = if digits && !bare.starts_with("00") { format!("+{bare}") } else { bare.to_owned() };
    Address::phone(&written, None).ok()
}

/// A sender of ours, as blocks are kept; empty if there is none. WhatsApp's are told apart by their prefix.
pub(super) fn sender(to: &str, channel: Channel) -> String {
    let bare: String = strip(to).chars().filter(|c| !c.is_control()).collect();
    let bare = bare.as_str();
    let parsed = Sender::parse(bare, None).or_else(|error| {
        // A number without its `+` has more digits than a short code.
        let digits = bare.len() > 8 && bare.bytes().all(|byte| byte.is_ascii_digit());
        if digits { Sender::parse(&format!("+{bare}"), None) } else { Err(error) }
    });
    let plain = parsed
        .map_or_else(|_| cut(bare, Text::SENDER_LENGTH_MAX).to_owned(), |sender| sender.as_str().to_owned());
    if channel == Channel::WhatsApp && !plain.is_empty() {
        cut(&format!("whatsapp:{plain}"), Text::SENDER_LENGTH_MAX).to_owned()
    } else {
        plain
    }
}

/// The channel that a provider's prefix tells of: `whatsapp:+1…`.
pub(super) fn channel(text: &str) -> Channel {
    if text.trim_start().starts_with("whatsapp:") { Channel::WhatsApp } else { Channel::Sms }
}

fn strip(text: &str) -> &str {
    let text = text.trim();
    let prefixes = ["whatsapp:", "rcs:", "sms:", "tel:"];
    prefixes.iter().find_map(|prefix| text.strip_prefix(prefix)).unwrap_or(text).trim()
}
