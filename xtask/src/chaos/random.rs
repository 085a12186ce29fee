//! Random numbers that a seed repeats (SplitMix64, Steele et al. 2014). Good for choosing moments, for nothing else.

use std::fs::File;
use std::io::Read as _;
use std::time::Duration;

use anyhow::Result;

/// A sequence of numbers.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The sequence of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A seed that nobody has chosen.
    ///
    /// # Errors
    /// When the system gives none.
    pub fn seed() -> Result<u64> {
        let mut bytes = [0; 4];
        File::open("/dev/urandom")?.read_exact(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes).into())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`; 0 for 0.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    /// A time up to `limit`.
    pub fn up_to(&mut self, limit: Duration) -> Duration {
        limit.mul_f64((self.next() >> 11) as f64 / (1_u64 << 53) as f64)
    }

    /// True once in `times`.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// Puts `items` in any order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_and_the_limits_hold() {
        let mut numbers: Vec<usize> = (0..100).collect();
        let (mut one, mut other) = (Random::new(7), Random::new(7));
        one.shuffle(&mut numbers);
        assert!(!numbers.is_sorted());
        let mut same: Vec<usize> = (0..100).collect();
        other.shuffle(&mut same);
        assert_eq!(numbers, same);
        assert!((0..1000).all(|_| one.below(3) < 3 && one.up_to(Duration::from_secs(1)).as_secs() == 0));
        assert_eq!(one.below(0), 0);
    }
}
