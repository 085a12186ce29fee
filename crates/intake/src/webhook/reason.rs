//! What a bounce's status and text come to.

use consent::BounceReason;

/// The reason of a bounce and whether it is hard, by its enhanced status (RFC 3463) and text, else what the service's own
/// class says.
pub(super) fn reason(status: &str, text: &str, fallback: BounceReason) -> (BounceReason, bool) {
    let Some((class, detail)) = enhanced(status).or_else(|| text.split_whitespace().find_map(enhanced))
    else {
        return (fallback, fallback.is_hard());
    };
    let reason = match detail {
        "1.1" => BounceReason::UserUnknown,
        "1.2" | "1.10" | "4.4" => BounceReason::HostUnknown,
        "1.6" => BounceReason::HasMoved,
        "2.1" => BounceReason::Suspend,
        "2.2" => BounceReason::MailboxFull,
        "2.3" => BounceReason::ExceedLimit,
        "3.4" => BounceReason::MesgTooBig,
        "4.2" | "4.3" | "4.5" => BounceReason::NetworkError,
        "4.7" => BounceReason::Expired,
        "7.20" | "7.21" | "7.22" | "7.23" | "7.24" | "7.26" => BounceReason::AuthFailure,
        "7.25" => BounceReason::RequirePtr,
        _ if detail.starts_with("7.") => BounceReason::Rejected,
        _ => fallback,
    };
    (reason, class == '5' && reason.is_hard())
}

/// Class and detail of an enhanced status: `('5', "1.1")` of `5.1.1`, wherever punctuation stands around it.
fn enhanced(word: &str) -> Option<(char, &str)> {
    let word = word.trim_matches(|c: char| !c.is_ascii_digit());
    let (class, detail) = word.split_once('.')?;
    let (subject, rest) = detail.split_once('.')?;
    let number = |text: &str| (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let class = ["4", "5"].contains(&class).then(|| class.chars().next())??;
    (number(subject) && number(rest)).then_some((class, detail))
}
