//! Sizes, as people read them.
//!
//! Owns [`size`], which rounds as etcd's lines and tables do.

/// A size, for people: `25 kB`.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 7] = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    if bytes < 10 {
        return format!("{bytes} B");
    }
    let mut unit = 1_u64;
    let mut at = 0;
    while at + 1 < UNITS.len() && bytes / unit >= 1_000 {
        unit *= 1_000;
        at += 1;
    }
    // In tenths, rounded.
    let tenths = (u128::from(bytes) * 100 / u128::from(unit) + 5) / 10;
    match tenths {
        ..100 => format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[at]),
        _ => format!("{} {}", (tenths + 5) / 10, UNITS[at]),
    }
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn a_size_is_short() {
        for (bytes, text) in [
            (0, "0 B"),
            (9, "9 B"),
            (10, "10 B"),
            (999, "999 B"),
            (1_000, "1.0 kB"),
            (24_576, "25 kB"),
            (9_949, "9.9 kB"),
            (9_950, "10 kB"),
            (2_147_483_648, "2.1 GB"),
            (u64::MAX, "18 EB"),
        ] {
            assert_eq!(size(bytes), text, "{bytes}");
        }
    }
}
