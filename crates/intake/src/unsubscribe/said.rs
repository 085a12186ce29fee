//! What a person says on a page beside its choices: preferences, a reason, its browser's signal.

use consent::{
    Choice, ConsentChange, EntryId, Evidence, Field, Pace, PauseDays, Preferred, Source, Subject, Target,
    Timestamp,
};
use store::{GivenReason, PreferenceChange, Store};

use super::{About, LinkError, Opened, change, page};

/// What somebody wishes; what is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// A pause from now on, or its end.
    pub pause: Option<Option<PauseDays>>,
    /// How often.
    pub pace: Option<Pace>,
    /// BCP 47 tag, or that of the import again.
    pub language: Option<Option<String>>,
    /// The preferred channel.
    pub preferred: Option<Preferred>,
}

/// Records what the person wishes. `None` if that is so already. Durable once it answers (I2).
pub async fn prefer(
    store: &Store,
    opened: &Opened,
    wishes: Wishes,
    evidence: Evidence,
    now: Timestamp,
) -> Result<Option<EntryId>, LinkError> {
    let subject = Subject::Address(opened.owner.address);
    let change = PreferenceChange {
        pause_until: wishes.pause.map(|days| days.map(|days| days.until(now))),
        pace: wishes.pace,
        language: wishes.language,
        preferred: wishes.preferred,
        run: opened.run(),
        evidence,
        ..PreferenceChange::new(subject, Source::PAGE, now)
    };
    Ok(store.set_preferences(opened.token.workspace, change).await?)
}

/// Records a Global Privacy Control signal: the data may not be shared. Where that is refused already there is nothing
/// to record. Answers whether it was recorded; durable once it answers (I2).
pub async fn refuse_sharing(
    store: &Store,
    opened: &Opened,
    about: &About,
    evidence: Evidence,
    now: Timestamp,
) -> Result<bool, LinkError> {
    let target = Target::Field(Field::Share);
    if page::value(&about.profile, opened, target).is_some_and(|known| known.choice.is_no()) {
        return Ok(false);
    }
    let change: ConsentChange = change(opened, (target, Choice::No, evidence), Source::GPC, now);
    store.record(opened.token.workspace, vec![change]).await?;
    Ok(true)
}

/// Keeps why somebody opted out, in place of what they said before. `opened` is the undo link of that opt-out: whoever
/// may take it back may say why. A text is cut to 500 characters; with nothing said nothing is kept, and the answer is
/// false.
pub async fn give_reason(
    store: &Store,
    opened: &Opened,
    code: &str,
    text: &str,
    now: Timestamp,
) -> Result<bool, LinkError> {
    let entry = opened.token.entry().ok_or(LinkError::OtherPurpose)?;
    let text = text.replace("\r\n", "\n");
    let text: String = text.trim().chars().take(GivenReason::TEXT_CHARS_MAX).collect();
    if code.is_empty() && text.is_empty() {
        return Ok(false);
    }
    store.give_reason(opened.token.workspace, entry, code, text.trim_end(), now).await?;
    Ok(true)
}
