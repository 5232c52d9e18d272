//! NTILE as in SQL: a ranking cut into tiles of almost equal size.

/// The tile of each row, from 1, in the order the rows were given.
///
/// Rows are ranked ascending by `key`, ties in the order given. The first `rows mod tiles` tiles
/// hold one row more than the others (SQL:2003, window function NTILE); with fewer rows than tiles
/// the last tiles are empty.
pub fn ntile_scores<K: Ord>(keys: &[K], tiles: u8) -> Vec<u8> {
    let mut ranking: Vec<usize> = (0..keys.len()).collect();
    ranking.sort_by(|one, other| keys.get(*one).cmp(&keys.get(*other)));
    let mut scores = vec![0; keys.len()];
    let mut ranked = ranking.into_iter();
    let tiles_count = usize::from(tiles.max(1));
    let (size, larger) = (keys.len() / tiles_count, keys.len() % tiles_count);
    for tile in 1..=tiles.max(1) {
        let rows = size + usize::from(usize::from(tile) <= larger);
        for row in ranked.by_ref().take(rows) {
            if let Some(score) = scores.get_mut(row) {
                *score = tile;
            }
        }
    }
    scores
}
