//! What the page of choices offers beside consent: pace, pause, preferred channel, language. One of several each.

use consent::{Channel, Pace, PauseDays, Preferred, Timestamp};
use intake::unsubscribe::{Centre, LinkError, Wishes};
use serde::Serialize;

use crate::pages::language::Locales;
use crate::pages::screen::Screen;

/// The pauses that are offered.
const PAUSES: [PauseDays; 3] = [PauseDays::MONTH, PauseDays::TWO_MONTHS, PauseDays::THREE_MONTHS];
/// A pause that goes on as it is.
const KEPT: &str = "kept";
/// No pause.
const NONE: &str = "none";

/// What a group is about; also the form's field.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum About {
    Pace,
    Pause,
    Preferred,
    Language,
}

impl About {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pace => "pace",
            Self::Pause => "pause",
            Self::Preferred => "preferred",
            Self::Language => "language",
        }
    }
}

/// Several values of which one is chosen.
#[derive(Serialize)]
pub(super) struct Group {
    pub name: About,
    pub title: String,
    lead: String,
    /// The option that is chosen.
    pub was: String,
    pub options: Vec<Choosable>,
    /// Shown as a menu, not as a list of buttons.
    menu: bool,
}

/// One of them.
#[derive(Serialize)]
pub(super) struct Choosable {
    pub value: String,
    pub text: String,
    /// The language of the text, where it isn't the page's.
    lang: Option<&'static str>,
}

fn option(value: impl Into<String>, text: String) -> Choosable {
    Choosable { value: value.into(), text, lang: None }
}

/// All groups in the page's order.
pub(super) fn groups(locales: &Locales, screen: &Screen<'_>, centre: &Centre, now: Timestamp) -> Vec<Group> {
    vec![pace(screen), pause(screen, now), preferred(screen, centre), language(locales, screen)]
}

fn text(screen: &Screen<'_>, key: &str, more: &[(&'static str, String)]) -> String {
    screen.text(key, &screen.words(screen.opened.token.level, None), more)
}

fn pace(screen: &Screen<'_>) -> Group {
    let named = |pace: Pace| {
        let key = match pace {
            Pace::AsItComes => "pace-as-it-comes",
            Pace::Weekly => "pace-weekly",
            Pace::Monthly => "pace-monthly",
        };
        option(pace.as_str(), text(screen, key, &[]))
    };
    Group {
        name: About::Pace,
        title: text(screen, "section-pace", &[]),
        lead: text(screen, "pace-lead", &[]),
        was: screen.about.profile.preferences.pace.as_str().to_owned(),
        options: Pace::ALL.into_iter().map(named).collect(),
        menu: false,
    }
}

fn pause(screen: &Screen<'_>, now: Timestamp) -> Group {
    let until = screen.about.profile.preferences.pause_until.filter(|until| *until > now);
    let kept = until.map(|until| {
        option(KEPT, text(screen, "pause-kept", &[("date", screen.date(until).unwrap_or_default())]))
    });
    let none = option(NONE, text(screen, "pause-none", &[]));
    let days = PAUSES.into_iter().map(|days| {
        let days = days.days();
        option(days.to_string(), screen.text_of_days("pause-days", days))
    });
    Group {
        name: About::Pause,
        title: text(screen, "section-pause", &[]),
        lead: text(screen, "pause-lead", &[]),
        was: if kept.is_some() { KEPT } else { NONE }.to_owned(),
        options: kept.into_iter().chain(std::iter::once(none)).chain(days).collect(),
        menu: false,
    }
}

/// XDM's value for a channel that the page shows.
fn preference_of(channel: Channel) -> Option<Preferred> {
    channel.as_str().parse().ok()
}

fn preferred(screen: &Screen<'_>, centre: &Centre) -> Group {
    let held = screen.about.profile.preferences.preferred;
    // Whoever has said that there is none, or never anything, sees the same.
    let was = match held {
        Preferred::Unset | Preferred::None | Preferred::Unknown => "",
        other => other.as_str(),
    };
    let mut options = vec![option("", text(screen, "preferred-none", &[]))];
    options.extend(centre.channels.iter().filter_map(|channel| {
        let value = preference_of(*channel)?.as_str();
        Some(option(value, text(screen, &format!("preferred-{value}"), &[])))
    }));
    if options.iter().all(|option| option.value != was) {
        options.push(option(was, text(screen, "known-other", &[("value", was.to_owned())])));
    }
    Group {
        name: About::Preferred,
        title: text(screen, "section-preferred", &[]),
        lead: text(screen, "preferred-lead", &[]),
        was: was.to_owned(),
        options,
        menu: true,
    }
}

fn language(locales: &Locales, screen: &Screen<'_>) -> Group {
    let held = screen.about.profile.preferences.language.as_deref();
    let mut options = vec![option("", text(screen, "language-as-sent", &[]))];
    options.extend(locales.all().map(|locale| Choosable {
        value: locale.tag.to_owned(),
        text: locale.own_name().to_owned(),
        lang: (locale.tag != screen.locale.tag).then_some(locale.tag),
    }));
    // A program may have set one that the pages don't speak.
    let was = held.map_or("", |held| locales.find(held).map_or(held, |locale| locale.tag));
    if options.iter().all(|option| option.value != was) {
        options.push(option(was, text(screen, "known-other", &[("value", was.to_owned())])));
    }
    Group {
        name: About::Language,
        title: text(screen, "section-language", &[]),
        lead: String::new(),
        was: was.to_owned(),
        options,
        menu: true,
    }
}

/// Adds what was chosen to what is wished. What a group doesn't offer is refused.
pub(super) fn wish(about: About, value: &str, wishes: &mut Wishes) -> Result<(), LinkError> {
    match about {
        About::Pace => wishes.pace = Some(value.parse().map_err(|_| LinkError::OtherPurpose)?),
        About::Pause if value == KEPT => {}
        About::Pause if value == NONE => wishes.pause = Some(None),
        About::Pause => {
            let days = value.parse().ok().and_then(|days| PauseDays::new(days).ok());
            wishes.pause = Some(Some(days.ok_or(LinkError::OtherPurpose)?));
        }
        About::Preferred if value.is_empty() => wishes.preferred = Some(Preferred::Unset),
        About::Preferred => wishes.preferred = Some(value.parse().map_err(|_| LinkError::OtherPurpose)?),
        About::Language => wishes.language = Some((!value.is_empty()).then(|| value.to_owned())),
    }
    Ok(())
}
