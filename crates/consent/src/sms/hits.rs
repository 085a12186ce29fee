//! Where rules match in a message.

use super::lexicon::{Lexicon, Meaning};
use super::pattern::{Seen, longest};
use super::tokens::Token;

/// A rule that matched.
pub(super) struct Hit {
    pub start: usize,
    pub end: usize,
    pub means: Meaning,
    pub origin: usize,
}

/// The longest match of each pattern at each place.
pub(super) fn hits(tokens: &[Token], lexicon: &Lexicon) -> Vec<Hit> {
    let seen: Vec<Seen> = tokens
        .iter()
        .map(|token| Seen { sets: token.entry.sets.iter().copied().collect(), breaks: token.breaks })
        .collect();
    let mut hits = Vec::new();
    for (start, word) in seen.iter().enumerate() {
        for &set in &word.sets {
            for &index in &lexicon.starting[usize::from(set)] {
                let pattern = &lexicon.patterns[index];
                if let Some(end) = longest(&pattern.parts, &seen, start) {
                    hits.push(Hit { start, end, means: pattern.means, origin: pattern.origin });
                }
            }
        }
    }
    hits
}

/// The rules for scripts without spaces.
pub(super) fn parts(tokens: &[Token], lexicon: &Lexicon) -> Vec<Hit> {
    let mut text = String::new();
    for token in tokens {
        if token.breaks {
            text.push(' ');
        }
        text.push_str(&token.text);
    }
    let mut hits = Vec::new();
    for (part, means, origin) in &lexicon.parts {
        let found = text.match_indices(part.as_str());
        hits.extend(found.map(|(start, _)| Hit {
            start,
            end: start + part.len(),
            means: *means,
            origin: *origin,
        }));
    }
    hits
}

/// Drops the harmless and what lies within it, and refusals within a question. A refusal that only begins there stays: "the
/// last time, stop texting".
pub(super) fn suppress(hits: &mut Vec<Hit>) {
    let of = |means: Meaning| -> Vec<(usize, usize)> {
        hits.iter().filter(|hit| hit.means == means).map(|hit| (hit.start, hit.end)).collect()
    };
    let (harmless, questions) = (of(Meaning::Harmless), of(Meaning::Ask));
    hits.retain(|hit| {
        let within = |&(start, end): &(usize, usize)| {
            (start < hit.start && hit.start < end) || (start == hit.start && end >= hit.end)
        };
        let asked = hit.means == Meaning::Refuse && questions.iter().any(within);
        let covered = |&(start, end): &(usize, usize)| start <= hit.start && hit.end <= end;
        let hidden = if hit.means == Meaning::Refuse {
            harmless.iter().any(covered)
        } else {
            harmless.iter().any(within)
        };
        // What ends in the middle of something harmless: "I'll stop" of "I'll stop by".
        let cut = |&(start, end): &(usize, usize)| {
            let ends = start < hit.end && hit.end < end;
            ends && (hit.means == Meaning::Hold || hit.means == Meaning::Refuse && hit.start < start)
        };
        hit.means != Meaning::Harmless && !asked && !hidden && !harmless.iter().any(cut)
    });
}
