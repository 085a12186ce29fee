//! Which links of a rendered message readers can follow, and whether a way out is among them.

use std::collections::BTreeSet;

use super::{Check, Person};
use crate::external::ExternalUrl;
use crate::html::{Found, LinkText, Screen, Seen as Eyes, scan};
use consent::Level;

/// What is seen of one part.
#[derive(Default)]
pub(super) struct Seen {
    /// Links of ours that a reader can follow, as paths.
    pub links: Vec<Link>,
    /// Those to pages of the brand's own.
    pub external: Vec<Link>,
}

/// A link that a reader can follow.
pub(super) struct Link {
    /// Its path if it is ours, else the whole address.
    pub url: String,
    /// What it says.
    pub text: LinkText,
    /// Who sees it.
    pub eyes: Eyes,
}

/// The links that are a way out for one person.
pub(super) struct WaysOut {
    /// To pages of ours, with how far they reach; the page of choices reaches as far as the person wants.
    pub own: Vec<(Option<Level>, String)>,
    /// To the brand's own.
    pub external: Vec<(Level, String)>,
}

impl WaysOut {
    /// A link of ours, with how far it reaches; `None` for what isn't a way out.
    fn own(&self, path: &str) -> Option<&(Option<Level>, String)> {
        self.own.iter().find(|(_, url)| url.ends_with(path))
    }

    /// How far a link reaches that says so by its address.
    pub(super) fn level(&self, url: &str) -> Option<Level> {
        let external = self.external.iter().find(|(_, external)| external == url);
        external.map(|(level, _)| *level).or_else(|| self.own(url)?.0)
    }
}

impl Check<'_> {
    /// All links that are a way out for this person, in their spelling.
    pub(super) fn ways_out(&self, person: &Person) -> WaysOut {
        let (links, to) = (self.links, person.link());
        let reaches = |level: &Level| *level != Level::Subscription || links.list.is_some();
        let levels = Level::ALL.into_iter().filter(reaches);
        let signed = |level| links.one_click(level, to).ok().map(|url| (Some(level), url));
        let mut own: Vec<_> = levels.filter_map(signed).collect();
        own.extend(links.preferences(to).ok().map(|url| (None, url)));
        let pages = self.external.iter().filter(|(level, _)| reaches(level));
        let signed = |(level, page): &(Level, ExternalUrl)| {
            links.external_page(*level, to).ok().map(|signed| (*level, page.with(&signed)))
        };
        WaysOut { own, external: pages.filter_map(signed).collect() }
    }

    /// What a reader can click in HTML; where else links of ours stand is a finding, unless the same link can be seen too.
    pub(super) fn html(&mut self, part: &str, html: &str, ways_out: &WaysOut) -> Seen {
        let mut seen = Seen::default();
        let mut unseen = Vec::new();
        for found in scan(html) {
            match found {
                Found::Link { href, text, seen: eyes } if eyes.by_anybody() => {
                    if ways_out.external.iter().any(|(_, url)| *url == href) {
                        seen.external.push(Link { url: href, text, eyes });
                    } else if let Some(path) = self.own(&href) {
                        seen.links.push(Link { url: path.to_owned(), text, eyes });
                    }
                }
                Found::Link { href, .. } => {
                    let place = "stands in a link that readers can't see".to_owned();
                    unseen.extend(self.own(&href).map(|path| (path.to_owned(), place)));
                }
                Found::Comment(text) => {
                    let text = wire::markup::decode(&text);
                    let paths = self.tokens(&text);
                    unseen.extend(paths.into_iter().map(|path| (path, "stands in a comment".to_owned())));
                }
                Found::Attribute { tag, name, value } => {
                    let place = format!("stands in {name} of <{tag}>, not in href of <a>");
                    unseen.extend(self.tokens(&value).into_iter().map(|path| (path, place.clone())));
                }
            }
        }
        if self.marketing {
            let is_seen = |path: &String| seen.links.iter().any(|link| link.url == *path);
            for (_, place) in unseen.into_iter().filter(|(path, _)| !is_seen(path)) {
                self.find(part, format!("a link of ours {place}"));
            }
        }
        seen
    }

    /// The links of ours in plain text; what they say is judged elsewhere.
    pub(super) fn text(&self, text: &str) -> Vec<Link> {
        let eyes = Eyes { wide: true, narrow: true };
        let link = |url| Link { url, text: LinkText::default(), eyes };
        self.paths(text).into_iter().map(link).collect()
    }

    fn paths(&self, text: &str) -> Vec<String> {
        let mut found = Vec::new();
        for (at, _) in text.match_indices(&*self.links.public_url) {
            let rest = &text[at..];
            let end = rest.find(|c: char| c.is_whitespace() || "<>()\"'".contains(c)).unwrap_or(rest.len());
            // Punctuation after an address belongs to the sentence, as mail programs see it too.
            let url = rest[..end].trim_end_matches(['.', ',', ';', ':', '!', '?']);
            found.extend(self.own(url).map(str::to_owned));
        }
        found
    }

    /// The path of an address under ours.
    pub(super) fn own<'u>(&self, url: &'u str) -> Option<&'u str> {
        url.strip_prefix(&*self.links.public_url).filter(|path| path.starts_with('/'))
    }

    /// The links with a token that stand in `text`. Pictures of ours may.
    fn tokens(&self, text: &str) -> Vec<String> {
        let mut paths = self.paths(text);
        paths.retain(|path| ["/u/", "/p/", "/l/", "/s/"].iter().any(|page| path.starts_with(page)));
        paths
    }

    pub(super) async fn part(&mut self, part: &str, seen: &Seen, ways_out: &WaysOut) {
        let works = self.opened(part, seen, ways_out).await;
        if works.is_empty() {
            let problem = "there is no way out; link unsubscribe_url, preferences_url, one_click_url() or \
                           external_opt_out_url(page=\"https://...\"), e.g. <a href=\"{{ unsubscribe_url \
                           }}\">Unsubscribe</a>";
            self.without_own(part, seen, problem);
        }
        let ways = || seen.links.iter().filter(|link| works.contains(&link.url)).chain(&seen.external);
        for (screen, where_) in [(Screen::Wide, "a computer"), (Screen::Narrow, "a phone")] {
            if self.marketing && ways().next().is_some() && !ways().any(|link| link.eyes.on(screen)) {
                let problem = format!("there is no way out on {where_}: a style sheet hides each one there");
                self.find(part, problem);
            }
        }
    }

    /// Marketing without a way out through us relies on the brand's own page, or is a finding.
    pub(super) fn without_own(&mut self, part: &str, seen: &Seen, problem: impl Into<String>) {
        if self.marketing && !seen.external.is_empty() {
            self.relying.insert(part.to_owned());
        } else if self.marketing {
            self.find(part, problem);
        }
    }

    /// Opens the links of ours; those that are a way out and work.
    pub(super) async fn opened(&mut self, part: &str, seen: &Seen, ways_out: &WaysOut) -> BTreeSet<String> {
        let mut works = BTreeSet::new();
        for Link { url: path, .. } in &seen.links {
            if !self.resolved.contains(path) {
                if let Some(probe) = self.probe
                    && let Err(problem) = probe.resolve(path).await
                {
                    let page = path.get(..3).unwrap_or(path);
                    self.find(part, format!("the link {page}… doesn't work: {problem}"));
                    continue;
                }
                self.resolved.insert(path.clone());
            }
            if ways_out.own.iter().any(|(_, url)| self.own(url) == Some(path)) {
                works.insert(path.clone());
            }
        }
        works
    }
}
