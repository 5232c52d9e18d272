//! Small systems of linear equations.

/// Pivots of less than this, in systems whose entries are about 1, count as zero.
const PIVOT_MIN: f64 = 1e-10;

/// Solves a system given as its augmented rows, each the coefficients and then the right side;
/// `None` where it has no single solution. Gauss and Jordan's elimination with partial pivoting.
pub(crate) fn solve(mut rows: Vec<Vec<f64>>) -> Option<Vec<f64>> {
    for column in 0..rows.len() {
        let size = |row: &Vec<f64>| row.get(column).map_or(0.0, |value| value.abs());
        let pivot = (column..rows.len()).max_by(|a, b| {
            rows.get(*a).map_or(0.0, size).total_cmp(&rows.get(*b).map_or(0.0, size))
        })?;
        rows.swap(column, pivot);
        let head = *rows.get(column)?.get(column)?;
        if head.abs() < PIVOT_MIN {
            return None;
        }
        let scaled: Vec<f64> = rows.get(column)?.iter().map(|value| value / head).collect();
        for (index, row) in rows.iter_mut().enumerate() {
            if index == column {
                row.clone_from(&scaled);
            } else {
                let factor = *row.get(column)?;
                for (value, pivot) in row.iter_mut().zip(&scaled) {
                    *value -= factor * pivot;
                }
            }
        }
    }
    rows.iter().map(|row| row.last().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solutions_solve_and_dependent_rows_have_none() {
        let found = solve(vec![vec![0.0, 2.0, 4.0], vec![1.0, 1.0, 5.0]]);
        assert_eq!(found, Some(vec![3.0, 2.0]));
        assert_eq!(solve(vec![vec![1.0, 2.0, 1.0], vec![2.0, 4.0, 2.0]]), None);
        assert_eq!(solve(Vec::new()), Some(Vec::new()));
    }
}
