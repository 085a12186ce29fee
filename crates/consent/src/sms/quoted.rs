//! Our own words sent back to us: reactions of phones that quote a message, and replies that carry it along.

/// How reactions begin, normalised to lower case: (what, language). iPhones and Android phones send them as text to a
/// number that can't show them, with the whole message in quotes.
const REACTIONS: &[&str] = &[
    // English
    "liked",
    "loved",
    "disliked",
    "laughed at",
    "emphasized",
    "emphasised",
    "questioned",
    "reacted",
    "removed a",
    "removed an",
    "removed",
    // French
    "a aimé",
    "a adoré",
    "n’a pas aimé",
    "n'a pas aimé",
    "a ri",
    "a insisté",
    "a mis en évidence",
    "a souligné",
    "a interrogé",
    "a réagi",
    "a retiré",
    "a supprimé",
    // German
    "gefällt mir",
    "gefällt",
    "mag",
    "liebt",
    "gefällt nicht",
    "gefällt mir nicht",
    "lacht",
    "lachte",
    "hat",
    "betont",
    "hebt",
    "hinterfragt",
    // Spanish
    "le gusta",
    "le gustó",
    "le encanta",
    "le encantó",
    "no le gusta",
    "no le gustó",
    "se rió",
    "se ríe",
    "le dio risa",
    "enfatizó",
    "cuestionó",
    "reaccionó",
    "quitó",
    "eliminó",
    "exclamó",
    "preguntó",
    // Italian
    "piace",
    "ha messo",
    "ha apprezzato",
    "adora",
    "non piace",
    "ha riso",
    "ha enfatizzato",
    "ha reagito",
    "ha rimosso",
    "ha evidenziato",
    "ha fatto una domanda",
    // Portuguese
    "gostou",
    "curtiu",
    "amou",
    "adorou",
    "não gostou",
    "não curtiu",
    "riu",
    "enfatizou",
    "questionou",
    "reagiu",
    "removeu",
    // Dutch, Swedish, Norwegian, Danish, Finnish
    "vond",
    "vindt",
    "gillade",
    "likte",
    "elsket",
    "älskade",
    "synes om",
    "tykkäsi",
    "heeft",
    "reagerade",
    "reagerte",
    "reagerede",
    // Polish, Russian, Chinese, Japanese, Korean
    "polubił",
    "polubiła",
    "lubi",
    "понравилось",
    "нравится",
    "喜欢",
    "喜歡",
    "いいね",
    "좋아함",
];

/// A reaction says little before it quotes.
const MAX_HEAD_CHARS: usize = 60;

const OPENING: [char; 8] = ['“', '"', '„', '«', '”', '「', '‘', '\''];
const CLOSING: [char; 8] = ['”', '"', '“', '»', '‟', '」', '’', '\''];

/// The message is a reaction that quotes one of ours.
pub(super) fn is_reaction(text: &str) -> bool {
    let text = text.trim();
    let Some(at) = text.find(['“', '"', '„', '«', '「']) else { return false };
    let (head, quote) = text.split_at(at);
    let closed = quote.chars().next_back().is_some_and(|last| CLOSING.contains(&last) || last == '…');
    let mut opened = quote.chars();
    if !closed || !opened.next().is_some_and(|first| OPENING.contains(&first)) || opened.next().is_none() {
        return false;
    }
    let head = head.trim().trim_end_matches(':').trim_end();
    if head.is_empty() || head.chars().count() > MAX_HEAD_CHARS {
        return false;
    }
    let head = head.to_lowercase();
    let named = REACTIONS.iter().any(|&start| {
        head.strip_prefix(start)
            .is_some_and(|rest| !rest.starts_with(|char: char| char.is_ascii_alphanumeric()))
    });
    named || is_sign_to(&head)
}

/// Android phones send the sign itself: `👍 to “...”`.
fn is_sign_to(head: &str) -> bool {
    let mut signs = head.split_whitespace();
    let first =
        signs.next().is_some_and(|sign| sign.chars().all(|char| !char.is_alphanumeric() && !char.is_ascii()));
    first
        && matches!(signs.next(), Some("to" | "à" | "zu" | "an" | "a" | "til" | "till" | "на" | "naar"))
        && signs.next().is_none()
}

/// Without lines that quote (`> ...`) and without what follows a line that announces a quoted message.
pub(super) fn own_words(text: &str) -> String {
    let lines = text.lines().take_while(|line| !announces(line.trim()));
    let own = lines.filter(|line| !line.trim_start().starts_with('>'));
    own.collect::<Vec<_>>().join("\n")
}

/// `On Mon, 5 Jan, Shop wrote:` and `-----Original Message-----`.
fn announces(line: &str) -> bool {
    let wrote = line.strip_suffix(':').is_some_and(|line| {
        ["wrote", "a écrit", "schrieb", "escribió", "ha scritto", "escreveu", "schreef", "skrev"]
            .iter()
            .any(|verb| line.trim_end().ends_with(verb))
    });
    wrote || (line.starts_with("---") && line.to_lowercase().contains("original"))
}
