//! The demo's phones: what was sent to a number and what was said back, in memory.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use consent::Timestamp;

/// Most numbers that are kept, and texts of each; past it the oldest go.
const NUMBERS_MAX: usize = 20_000;
const TEXTS_MAX: usize = 200;
/// Longest text, in characters: ten segments, which is what providers take.
const TEXT_CHARS_MAX: usize = 1_600;

/// A text on a phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bubble {
    /// Counts from 1 over all phones; given when it is put on one.
    pub id: u64,
    /// Whether the phone's owner wrote it.
    pub own: bool,
    /// The brand's sender.
    pub sender: String,
    /// What it says.
    pub text: String,
    /// When.
    pub at: Timestamp,
}

/// The phones, shared by clones.
#[derive(Clone, Default)]
pub struct Phones(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    phones: HashMap<String, VecDeque<Bubble>>,
    /// When each last got something, by a count: newest last.
    order: BTreeMap<u64, String>,
    place: HashMap<String, u64>,
    count: u64,
}

impl Phones {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a text on a phone; answers its id.
    pub fn put(&self, number: &str, mut bubble: Bubble) -> u64 {
        if let Some((end, _)) = bubble.text.char_indices().nth(TEXT_CHARS_MAX) {
            bubble.text.truncate(end);
        }
        let mut state = self.state();
        state.count += 1;
        let count = state.count;
        bubble.id = count;
        if let Some(before) = state.place.insert(number.to_owned(), count) {
            state.order.remove(&before);
        }
        state.order.insert(count, number.to_owned());
        let bubbles = state.phones.entry(number.to_owned()).or_default();
        bubbles.push_back(bubble);
        if bubbles.len() > TEXTS_MAX {
            bubbles.pop_front();
        }
        if state.phones.len() > NUMBERS_MAX
            && let Some((_, oldest)) = state.order.pop_first()
        {
            state.phones.remove(&oldest);
            state.place.remove(&oldest);
        }
        count
    }

    /// What has arrived after the text `id`, with its number.
    pub fn after(&self, id: u64) -> Vec<(String, Bubble)> {
        let state = self.state();
        let later = |(number, bubbles): (&String, &VecDeque<Bubble>)| -> Vec<(String, Bubble)> {
            let later = bubbles.iter().filter(|bubble| bubble.id > id);
            later.map(|bubble| (number.clone(), bubble.clone())).collect()
        };
        state.phones.iter().flat_map(later).collect()
    }

    /// What is on a phone, oldest first.
    pub fn thread(&self, number: &str) -> Vec<Bubble> {
        self.state().phones.get(number).map(|bubbles| bubbles.iter().cloned().collect()).unwrap_or_default()
    }

    /// The phones whose number holds `q`, the one that got something last first, each with its last text; `skip` and
    /// `take` page. Beside them how many there are.
    pub fn search(&self, q: &str, skip: usize, take: usize) -> (Vec<(String, Bubble)>, usize) {
        let state = self.state();
        let digits: String = q.chars().filter(char::is_ascii_digit).collect();
        let found = || state.order.values().rev().filter(|number| number.contains(&digits));
        let last = |number: &String| Some((number.clone(), state.phones.get(number)?.back()?.clone()));
        (found().skip(skip).take(take).filter_map(last).collect(), found().count())
    }

    /// Texts that have arrived, those that were dropped included.
    pub fn len(&self) -> u64 {
        self.state().count
    }

    /// Whether none has.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
