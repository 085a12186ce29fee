//! What came back from the page of choices. What the person left alone is no statement of theirs: a field counts only
//! where it differs from `was-FIELD`, what was ticked when the page was made.

use consent::Choice;
use intake::unsubscribe::{Fields, LinkError, Wishes};

use super::questions::Question;
use super::wishes::{self, Group};

/// What the person changed.
pub(super) struct Filled<'a> {
    pub answers: Vec<Answer<'a>>,
    /// What they wish, and the words of it.
    pub wishes: Option<(Wishes, String)>,
    /// Something they chose doesn't count, since the page that they saw wasn't true any more.
    pub stale: bool,
}

/// A yes or no that the person changed.
pub(super) struct Answer<'a> {
    pub question: &'a Question,
    pub choice: Choice,
}

/// Compares what was sent with what was shown. A value that the page can't have sent is refused, and with it the whole
/// form; a field that the page doesn't have (any more) is passed over.
pub(super) fn read<'a>(
    questions: &'a [Question],
    groups: &[Group],
    fields: &Fields,
) -> Result<Filled<'a>, LinkError> {
    let mut filled = Filled { answers: Vec::new(), wishes: wished(groups, fields)?, stale: false };
    for question in questions {
        let Some(wanted) = fields.get(&question.name) else { continue };
        let was = fields.get(&format!("was-{}", question.name)).unwrap_or_default();
        let choice = match wanted {
            "y" => Choice::Yes,
            "n" => Choice::No,
            _ => return Err(LinkError::OtherPurpose),
        };
        if wanted == was {
            continue;
        }
        // It stands already: the entry that made it goes on standing for it.
        if choice == Choice::Yes && question.was == "y" {
            continue;
        }
        // A yes doesn't override a no that whoever says it hasn't seen: another tab, another person with the link, a
        // button in a mail program. Nor does it put anybody on a list that isn't in use.
        let unseen = question.was == "n" && was != "n";
        if choice == Choice::Yes && (unseen || !question.yes) {
            filled.stale = true;
            continue;
        }
        filled.answers.push(Answer { question, choice });
    }
    Ok(filled)
}

fn wished(groups: &[Group], fields: &Fields) -> Result<Option<(Wishes, String)>, LinkError> {
    let (mut wishes, mut said) = (Wishes::default(), Vec::new());
    for group in groups {
        let name = group.name.as_str();
        let Some(wanted) = fields.get(name) else { continue };
        if wanted == fields.get(&format!("was-{name}")).unwrap_or(&group.was) {
            continue;
        }
        let chosen = group.options.iter().find(|option| option.value == wanted);
        let chosen = chosen.ok_or(LinkError::OtherPurpose)?;
        wishes::wish(group.name, wanted, &mut wishes)?;
        said.push(format!("{}: {}", group.title, chosen.text));
    }
    Ok((!said.is_empty()).then(|| (wishes, said.join("; "))))
}
