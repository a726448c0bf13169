//! Several looks at growing data: the error of any of them.

/// Pocock's nominal levels for 1 to 5 looks as shares of the whole error, at their smallest over
/// error rates from .001 up: Pocock, "Group sequential methods in the design and analysis of clinical
/// trials", Biometrika 64 (1977); Jennison and Turnbull, "Group Sequential Methods" (1999), table 2.1.
const POCOCK: [f64; 5] = [1.0, 0.539, 0.386, 0.309, 0.262];

/// Error rate of each planned look, so that all together keep to `error`.  `plan` is the number of
/// seeds a side at each.  Pocock's constants are for looks at equal distances; for others, for more
/// than five and for smaller errors it is the union bound.
pub fn nominal_level(error: f64, plan: &[usize]) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a thousand looks at most")]
    let union = 1.0 / plan.len().max(1) as f64;
    let share = POCOCK.get(plan.len().wrapping_sub(1)).filter(|_| error >= 0.001 && is_even(plan));
    error * share.copied().unwrap_or(union)
}

fn is_even(plan: &[usize]) -> bool {
    let first = plan.first().copied().unwrap_or(0);
    plan.iter().zip(1..).all(|(seeds, look)| *seeds == first * look)
}
