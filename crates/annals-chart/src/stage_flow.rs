//! Who went from which stage to which: bands between two columns, as wide as they are many.

use crate::Caption;
use crate::canvas::{Anchor, Lettering};
use crate::colour::{FAINT_INK, series};
use crate::frame::{Area, Frame, LABEL_SIZE, empty};
use crate::number::{Sieve, plain, real};
use crate::text::fitted;

const NODE_WIDTH: f64 = 20.0;
const GAP: f64 = 14.0;

/// Flows between the stages of two dates.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StageFlow {
    /// What the chart says about itself.
    pub caption: Caption,
    /// Over the column at the left: `2025-12-31`.
    pub from_label: String,
    /// Over the column at the right.
    pub to_label: String,
    /// What is counted: `customers`.
    pub counted: String,
    /// The stages from top to bottom; stages met only in flows come after them.
    pub stages: Vec<String>,
    /// The flows; those of the same pair are added.
    pub flows: Vec<Flow>,
}

/// How many went from a stage to a stage.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Flow {
    /// Stage at the first date.
    pub from: String,
    /// Stage at the second date.
    pub to: String,
    /// How many, zero or more.
    pub count: f64,
}

/// One stage in one of the columns.
struct Node {
    total: f64,
    top: f64,
    used: f64,
}

impl StageFlow {
    /// Draws the chart.
    pub fn svg(&self) -> String {
        let mut sieve = Sieve::default();
        let flows: Vec<_> = self
            .flows
            .iter()
            .filter(|it| sieve.keep_if((0.0..=1e15).contains(&it.count)))
            .collect();
        let notes: Vec<_> = sieve.note().into_iter().collect();
        let stages = self.all_stages(&flows);
        let table = table(&stages, &flows);
        let total: f64 = table.iter().flatten().sum();
        if total <= 0.0 {
            return empty(&self.caption, &notes, ("", &self.counted));
        }
        let mut frame = Frame::new(&self.caption, &notes, &[]);
        frame.area = Area {
            left: 290.0,
            top: frame.area.top + 34.0,
            right: 910.0,
            bottom: frame.area.bottom + 58.0,
        };
        let area = frame.area;
        let gap = GAP.min(area.height() * 0.3 / real(stages.len()));
        let scale = (area.height() - gap * real(stages.len().saturating_sub(1))) / total;
        let sums = |index: usize| table.iter().filter_map(move |row| row.get(index)).sum::<f64>();
        let mut left = column(table.iter().map(|row| row.iter().sum()), scale, gap, area.top);
        let mut right = column((0..stages.len()).map(sums), scale, gap, area.top);
        draw_bands(&mut frame, &table, scale, &mut left, &mut right);
        let heads = [(area.left, &self.from_label), (area.right, &self.to_label)];
        for ((x, head), anchor) in heads.into_iter().zip([Anchor::End, Anchor::Start]) {
            let lettering = Lettering::new(18.0, anchor);
            let outwards = if anchor == Anchor::End { NODE_WIDTH } else { -NODE_WIDTH };
            let head = fitted(head, 18.0, 260.0);
            frame.canvas.text((x + outwards, area.top - 20.0), &head, lettering);
        }
        draw_column(&mut frame, &stages, &left, scale, total, Anchor::End);
        draw_column(&mut frame, &stages, &right, scale, total, Anchor::Start);
        let lettering = Lettering::new(LABEL_SIZE, Anchor::Middle).coloured(FAINT_INK);
        let unit = format!("{} (count, % of all)", self.counted);
        frame.canvas.text((area.centre().0, area.top - 20.0), &unit, lettering);
        frame.finish()
    }

    fn all_stages<'a>(&'a self, flows: &[&'a Flow]) -> Vec<&'a str> {
        let mut stages: Vec<&str> = Vec::new();
        let named = self.stages.iter().map(String::as_str);
        let met = flows.iter().flat_map(|it| [it.from.as_str(), it.to.as_str()]);
        for stage in named.chain(met) {
            if !stages.contains(&stage) {
                stages.push(stage);
            }
        }
        stages
    }
}

/// Counts by stage before, then stage after.
fn table(stages: &[&str], flows: &[&Flow]) -> Vec<Vec<f64>> {
    let count = |from: &str, to: &str| {
        flows.iter().filter(|it| it.from == from && it.to == to).map(|it| it.count).sum()
    };
    stages.iter().map(|from| stages.iter().map(|to| count(from, to)).collect()).collect()
}

fn column(totals: impl Iterator<Item = f64>, scale: f64, gap: f64, top: f64) -> Vec<Node> {
    let mut top = top;
    totals
        .map(|total| {
            let node = Node { total, top, used: 0.0 };
            if total > 0.0 {
                top += total * scale + gap;
            }
            node
        })
        .collect()
}

fn draw_bands(
    frame: &mut Frame,
    table: &[Vec<f64>],
    scale: f64,
    left: &mut [Node],
    right: &mut [Node],
) {
    let xs = (frame.area.left + NODE_WIDTH, frame.area.right - NODE_WIDTH);
    let mut numbers = Vec::new();
    for (index, (row, from)) in table.iter().zip(left).enumerate() {
        for (count, to) in row.iter().zip(right.iter_mut()).filter(|(count, _)| **count > 0.0) {
            let wide = count * scale;
            let (start, end) = (from.top + from.used, to.top + to.used);
            frame.canvas.ribbon(xs, (start, start + wide), (end, end + wide), series(index));
            if wide >= 17.0 {
                numbers.push(((xs.0 + 10.0, start + wide / 2.0 + 5.0), plain(*count, 0)));
            }
            from.used += wide;
            to.used += wide;
        }
    }
    for (at, number) in numbers {
        let lettering = Lettering::new(LABEL_SIZE - 1.0, Anchor::Start);
        frame.canvas.text(at, &number, lettering);
    }
}

/// The nodes of a column and their names beside them, moved apart where nodes are thin.
fn draw_column(
    frame: &mut Frame,
    stages: &[&str],
    nodes: &[Node],
    scale: f64,
    total: f64,
    anchor: Anchor,
) {
    let area = frame.area;
    let before = anchor == Anchor::End;
    let (x, name_x) = if before {
        (area.left, area.left - 12.0)
    } else {
        (area.right - NODE_WIDTH, area.right + 12.0)
    };
    let shown: Vec<_> =
        stages.iter().zip(nodes).enumerate().filter(|(_, (_, node))| node.total > 0.0).collect();
    let middles = shown.iter().map(|(_, (_, node))| node.top + node.total * scale / 2.0);
    let places = spread(&middles.collect::<Vec<_>>(), (area.top + 9.0, area.bottom - 9.0), 19.0);
    for ((index, (stage, node)), y) in shown.into_iter().zip(places) {
        let size = (NODE_WIDTH, (node.total * scale).max(1.0));
        frame.canvas.rect((x, node.top), size, series(index), None);
        if let Some(y) = y {
            let share = plain(node.total / total * 100.0, 1);
            let stage = fitted(stage, LABEL_SIZE, 120.0);
            let text = format!("{stage}: {} ({share} %)", plain(node.total, 0));
            frame.canvas.text((name_x, y + 5.0), &text, Lettering::new(LABEL_SIZE, anchor));
        }
    }
}

/// Heights at least `apart` from each other, as near as may be to those wished for; none for those
/// there is no room for.
fn spread(wished: &[f64], (top, bottom): (f64, f64), apart: f64) -> Vec<Option<f64>> {
    let mut free_from = top;
    let mut heights: Vec<f64> = Vec::new();
    for wish in wished {
        let height = wish.max(free_from);
        heights.push(height);
        free_from = height + apart;
    }
    let mut free_to = bottom;
    for height in heights.iter_mut().rev() {
        *height = height.min(free_to);
        free_to = *height - apart;
    }
    heights.into_iter().map(|height| (height >= top - 0.5).then_some(height)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_apart_and_inside() {
        let places = spread(&[10.0, 12.0, 13.0, 300.0], (5.0, 305.0), 20.0);
        let places: Vec<_> = places.into_iter().flatten().collect();
        assert_eq!(places.len(), 4);
        assert!(places.windows(2).all(|pair| pair[1] - pair[0] >= 20.0), "{places:?}");
        assert!(places[3] <= 305.0 && places[0] >= 5.0);
    }
}
