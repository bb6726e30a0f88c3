//! Points.
//!
//! Owns the arithmetic: an exercise's points are split evenly over its tests, in whole numbers,
//! rounded down; all of them are given if, and only if, every test passes.

/// The points of an exercise of which `passed` of `tests` tests pass.
pub fn earned(points: u32, passed: usize, tests: usize) -> u32 {
    if tests == 0 {
        return 0;
    }
    let share = u64::from(points) * passed.min(tests) as u64 / tests as u64;
    u32::try_from(share).unwrap_or(points)
}

/// Earned and possible points, which add up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Score {
    /// What was earned.
    pub earned: u32,
    /// What could be.
    pub possible: u32,
}

impl std::ops::Add for Score {
    type Output = Score;

    fn add(self, other: Score) -> Score {
        Score { earned: self.earned + other.earned, possible: self.possible + other.possible }
    }
}

impl std::iter::Sum for Score {
    fn sum<I: Iterator<Item = Score>>(scores: I) -> Score {
        scores.fold(Score::default(), |sum, score| sum + score)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_points_are_given_only_if_every_test_passes() {
        assert_eq!(earned(10, 3, 3), 10);
        assert_eq!(earned(10, 2, 3), 6);
        assert_eq!(earned(10, 0, 3), 0);
        assert_eq!(earned(2, 6, 7), 1);
        assert_eq!(earned(10, 0, 0), 0);
    }
}
