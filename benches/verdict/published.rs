//! What the specification says of the rule and its peers, in percent: 20,000 repetitions, normal noise,
//! a margin of one standard deviation.  `None`: not printed there.

/// How often a rule blocks: with no change, at the margin, and .5, 1, 2, 3 standard deviations above.
pub(crate) type Row = (&'static str, [Option<f64>; 6]);

pub(crate) const BLOCKS: [Row; 14] = [
    (
        "ours, Welch, 3 seeds",
        [Some(0.26), Some(3.9), Some(10.5), Some(22.3), Some(57.7), Some(86.6)],
    ),
    (
        "ours, Welch, 5 seeds",
        [Some(0.06), Some(4.5), Some(17.0), Some(40.6), Some(88.0), Some(99.5)],
    ),
    (
        "ours, Welch, 8 seeds",
        [Some(0.03), Some(4.9), Some(24.3), Some(60.1), Some(98.6), Some(100.0)],
    ),
    (
        "ours, paired, 3 seeds",
        [Some(0.36), Some(5.0), Some(11.5), Some(21.1), Some(49.1), Some(74.9)],
    ),
    (
        "ours, paired, 5 seeds",
        [Some(0.16), Some(5.1), Some(15.9), Some(37.2), Some(82.2), Some(98.4)],
    ),
    (
        "ours, paired, 3 seeds, rho .7",
        [Some(0.03), Some(5.1), Some(19.5), Some(44.2), Some(86.6), Some(98.9)],
    ),
    (
        "ours, paired, 5 seeds, rho .7",
        [Some(0.0), Some(5.2), Some(32.8), Some(76.7), Some(99.9), Some(100.0)],
    ),
    ("ours, 1 against 10 past", [Some(0.7), Some(5.3), None, None, None, None]),
    ("github-action-benchmark, 200 %", [Some(0.0), Some(0.0), None, Some(0.0), Some(0.0), None]),
    ("best of one, any worsening", [Some(49.8), Some(75.7), None, Some(91.9), Some(98.5), None]),
    (
        "best of one, beyond the margin",
        [Some(23.5), Some(50.2), None, Some(75.9), Some(92.1), None],
    ),
    ("Perfherder, 2 % and t > 7, 12+12", [Some(0.0), Some(0.1), None, Some(7.8), Some(61.8), None]),
    (
        "Bencher, t boundary .99, 10 past",
        [Some(1.0), Some(6.4), None, Some(24.1), Some(53.9), None],
    ),
    ("ours, looks 3/6/9", LOOKS_UNION),
];

/// Looks 3/6/9 at the union bound's .0167: ours, at .0193, is between this and Pocock's .0232.
const LOOKS_UNION: [Option<f64>; 6] = [Some(0.11), Some(3.4), None, Some(48.0), Some(96.9), None];

/// Looks 3/6/9 at Pocock's level.
pub(crate) const LOOKS_POCOCK: [Option<f64>; 6] =
    [Some(0.10), Some(4.5), None, Some(55.0), Some(98.0), None];

/// Mean trainings of both sides with looks 3/6/9, at the margin and 1 and 2 above: the two again.
pub(crate) const TRAININGS: [(usize, [f64; 2]); 3] =
    [(1, [17.6, 17.4]), (3, [15.8, 15.3]), (4, [11.5, 10.7])];

/// How often a rule passes what is 1 and 2 standard deviations above the margin.
pub(crate) const MISSES: [(&str, [f64; 2]); 2] =
    [("ours, 1 against 10 past", [0.5, 0.03]), ("ours, looks 3/6/9", [0.1, 0.0])];
