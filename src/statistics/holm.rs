//! Several tests at once: the error of any of them.

/// The level for each p-value by Holm, "A simple sequentially rejective multiple test procedure",
/// Scandinavian Journal of Statistics 6 (1979): a test rejects if its p-value is at most its level.
///
/// `level(n)` is the level where the error is shared by `n` tests; it must not rise with `n`.  The
/// i-th smallest of M p-values is held against `level(M - i + 1)`, and from the first that fails on,
/// all against that one's level.
pub fn holm(p_values: &[f64], level: impl Fn(usize) -> f64) -> Vec<f64> {
    let count = p_values.len();
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let mut levels = vec![0.0; count];
    let mut failed = None;
    for (rank, index) in order.into_iter().enumerate() {
        let current = failed.unwrap_or_else(|| level(count - rank));
        if p_values[index] > current {
            failed = Some(current);
        }
        levels[index] = current;
    }
    levels
}
