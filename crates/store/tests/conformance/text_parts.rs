//! Messages that come in parts.

use consent::Timestamp;
use store::{StoreError, TextId, TextPart};

use super::support::{MAIN, World};

const DAY: i64 = 24 * 3_600 * 1_000_000;

pub async fn parts_come_in_any_order_and_again(world: &World) {
    let start = world.tick();
    let part = |message: u8, number, total, text: &str, at: i64| TextPart {
        message: TextId([message; 16]),
        number,
        total,
        text: text.to_owned(),
        received_at: Timestamp(start.0 + at),
    };
    let keep = async |part| world.store.keep_part(MAIN, part).await.unwrap();
    let all = |texts: &[(u16, &str)]| -> Vec<(u16, String)> {
        texts.iter().map(|(number, text)| (*number, (*text).to_owned())).collect()
    };
    assert_eq!(keep(part(1, 3, 3, "c", 0)).await, all(&[(3, "c")]));
    assert_eq!(keep(part(1, 1, 3, "a", 1)).await, all(&[(1, "a"), (3, "c")]));
    assert_eq!(keep(part(1, 1, 3, "a", 2)).await, all(&[(1, "a"), (3, "c")]));
    assert_eq!(keep(part(2, 2, 2, "z\0", 2)).await, all(&[(2, "z\u{fffd}")]), "another message");
    assert_eq!(keep(part(1, 2, 3, "b", 3)).await, all(&[(1, "a"), (2, "b"), (3, "c")]));
    assert_eq!(keep(part(1, 2, 3, "b", 4)).await, all(&[(1, "a"), (2, "b"), (3, "c")]));
    // The reference is used again, the next day.
    assert_eq!(keep(part(1, 2, 3, "B", DAY)).await, all(&[(2, "B")]));
    assert_eq!(keep(part(1, 1, 3, "A", DAY + 1)).await, all(&[(1, "A"), (2, "B")]));
    assert_eq!(keep(part(1, 3, 4, "x", DAY + 2)).await, all(&[(3, "x")]), "with another total");
    // Another message that begins like the one before.
    assert_eq!(keep(part(3, 1, 2, "a", DAY)).await, all(&[(1, "a")]));
    assert_eq!(keep(part(3, 2, 2, "b", DAY)).await, all(&[(1, "a"), (2, "b")]));
    assert_eq!(keep(part(3, 1, 2, "a", 2 * DAY)).await, all(&[(1, "a"), (2, "b")]));
    assert_eq!(keep(part(3, 2, 2, "c", 2 * DAY + 1)).await, all(&[(1, "a"), (2, "c")]));
    // Seven days, to the microsecond.
    assert_eq!(keep(part(4, 1, 2, "a", 10 * DAY)).await, all(&[(1, "a")]));
    assert_eq!(keep(part(4, 2, 2, "b", 17 * DAY - 1)).await, all(&[(1, "a"), (2, "b")]));
    assert_eq!(keep(part(5, 1, 2, "", 17 * DAY)).await, all(&[(1, "")]));
    assert_eq!(keep(part(4, 2, 2, "b", 17 * DAY)).await, all(&[(2, "b")]));
    for wrong in [
        part(6, 0, 2, "", 0),
        part(6, 3, 2, "", 0),
        part(6, 1, 256, "", 0),
        part(6, 1, 0, "", 0),
        part(6, 1, 2, &"x".repeat(TextPart::TEXT_BYTES_MAX + 1), 0),
    ] {
        let refused = world.store.keep_part(MAIN, wrong).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{refused:?}");
    }
}
