//! Which links of a rendered message readers can follow, and whether a way out is among them.

use super::{Check, Person};
use crate::external::ExternalUrl;
use crate::html::{Found, scan};
use consent::Level;

/// What is seen of one part.
pub(super) struct Seen {
    /// Paths of links of ours that a reader can follow.
    pub paths: Vec<String>,
    /// Whether a reader can follow a link to a page of the brand's own.
    pub external: bool,
}

/// The links that are a way out for one person.
pub(super) struct WaysOut {
    /// To pages of ours.
    pub own: Vec<String>,
    /// To the brand's own.
    pub external: Vec<String>,
}

impl WaysOut {
    pub(super) fn external_in(&self, html: &str) -> bool {
        let leads = |found: &Found| match found {
            Found::Link { href, visible } => *visible && self.external.contains(href),
            _ => false,
        };
        !self.external.is_empty() && scan(html).iter().any(leads)
    }
}

impl Check<'_> {
    /// All links that are a way out for this person, in their spelling.
    pub(super) fn ways_out(&self, person: &Person) -> WaysOut {
        let (links, address, epoch) = (self.links, person.address(), person.epoch);
        let reaches = |level: &Level| *level != Level::Subscription || links.list.is_some();
        let levels = Level::ALL.into_iter().filter(reaches);
        let mut own: Vec<_> = levels.flat_map(|level| links.one_click(level, address, epoch)).collect();
        own.extend(links.preferences(address, epoch));
        let pages = self.external.iter().filter(|(level, _)| reaches(level));
        let signed = |(level, page): &(Level, ExternalUrl)| {
            links.external_page(*level, address, epoch).ok().map(|signed| page.with(&signed))
        };
        WaysOut { own, external: pages.filter_map(signed).collect() }
    }

    /// The addresses of ours in HTML that a reader can click; others of ours are findings.
    pub(super) fn html(&mut self, part: &str, html: &str) -> Vec<String> {
        let mut clickable = Vec::new();
        let mut unseen = Vec::new();
        for found in scan(html) {
            match found {
                Found::Link { href, visible: true } => clickable.extend(self.own(&href).map(str::to_owned)),
                Found::Link { href, visible: false } => {
                    if self.own(&href).is_some() {
                        unseen.push("stands in a link that readers can't see".to_owned());
                    }
                }
                Found::Comment(text) => {
                    if self.mentions(&text) {
                        unseen.push("stands in a comment".to_owned());
                    }
                }
                Found::Attribute { tag, name, value } => {
                    if self.mentions(&value) {
                        unseen.push(format!("stands in {name} of <{tag}>, not in href of <a>"));
                    }
                }
            }
        }
        if self.marketing {
            for place in unseen {
                self.find(part, format!("a link of ours {place}"));
            }
        }
        clickable
    }

    pub(super) fn text(&self, text: &str) -> Vec<String> {
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

    /// Whether a link with a token stands in `text`. Pictures of ours may.
    pub(super) fn mentions(&self, text: &str) -> bool {
        ["/u/", "/p/", "/l/", "/s/"]
            .iter()
            .any(|page| text.contains(&format!("{}{page}", self.links.public_url)))
    }

    pub(super) async fn part(&mut self, part: &str, seen: &Seen, ways_out: &[String]) {
        if !self.opened(part, &seen.paths, ways_out).await {
            let problem = "there is no way out; link unsubscribe_url, preferences_url, one_click_url() or \
                           external_opt_out_url(page=\"https://...\"), e.g. <a href=\"{{ unsubscribe_url \
                           }}\">Unsubscribe</a>";
            self.without_own(part, seen, problem);
        }
    }

    /// Marketing without a way out through us relies on the brand's own page, or is a finding.
    pub(super) fn without_own(&mut self, part: &str, seen: &Seen, problem: impl Into<String>) {
        if self.marketing && seen.external {
            self.relying.insert(part.to_owned());
        } else if self.marketing {
            self.find(part, problem);
        }
    }

    /// Opens the links of ours; whether a way out is among them.
    pub(super) async fn opened(&mut self, part: &str, paths: &[String], ways_out: &[String]) -> bool {
        let mut works = false;
        for path in paths {
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
            works |= ways_out.iter().any(|url| self.own(url) == Some(path));
        }
        works
    }
}
