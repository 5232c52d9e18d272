//! Labels beside points, placed so that none lies on another or on a point.
//!
//! Places are tried in a fixed order, nearest first; a label without a free place is left out and
//! counted rather than set over another.

use crate::canvas::{Anchor, Canvas, Lettering, Point, Stroke};
use crate::colour::FAINT_INK;
use crate::frame::{Area, LABEL_SIZE};
use crate::number::{real, whole};
use crate::text::{fitted, width};

/// A rectangle that is taken.
#[derive(Clone, Copy)]
pub(crate) struct Room {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

impl Room {
    pub(crate) fn around(centre: Point, half: Point) -> Room {
        let ((x, y), (half_width, half_height)) = (centre, half);
        Room {
            left: x - half_width,
            top: y - half_height,
            right: x + half_width,
            bottom: y + half_height,
        }
    }

    /// The point of this room nearest to another.
    fn nearest(&self, at: Point) -> Point {
        (at.0.clamp(self.left, self.right), at.1.clamp(self.top, self.bottom))
    }

    fn meets(&self, other: &Room) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }

    fn inside(&self, area: &Area) -> bool {
        self.left >= area.left
            && self.right <= area.right
            && self.top >= area.top
            && self.bottom <= area.bottom
    }
}

/// Draws a label beside each point, in the order given, and a thin line to those set farther off.
/// Nothing is set over the obstacles, though a line may cross them. Answers what to say where some
/// found no room.
pub(crate) fn place(
    canvas: &mut Canvas,
    area: &Area,
    labels: &[(Point, String)],
    obstacles: &[Room],
) -> Option<String> {
    let dots: Vec<_> = labels.iter().map(|(at, _)| Room::around(*at, (9.0, 9.0))).collect();
    let mut taken: Vec<Room> = Vec::new();
    let mut without = 0;
    for (at, label) in labels {
        let label = fitted(label, LABEL_SIZE, 300.0);
        let half = (width(&label, LABEL_SIZE) / 2.0 + 3.0, 11.0);
        let free = places(*at, half).find(|(centre, ring)| {
            let room = Room::around(*centre, half);
            let leader = leader(*at, *ring, &room);
            room.inside(area)
                && !dots.iter().chain(obstacles).chain(&taken).any(|other| other.meets(&room))
                && !leader.iter().any(|piece| taken.iter().any(|other| other.meets(piece)))
        });
        let Some((centre, ring)) = free else {
            without += 1;
            continue;
        };
        let room = Room::around(centre, half);
        if ring > 0 {
            canvas.line(*at, room.nearest(*at), Stroke::new(FAINT_INK, 1.0));
        }
        taken.extend(leader(*at, ring, &room));
        taken.push(room);
        let lettering = Lettering::new(LABEL_SIZE, Anchor::Middle).with_halo();
        canvas.text((centre.0, centre.1 + 5.0), &label, lettering);
    }
    (without > 0).then(|| format!("names without room, left out: {without}"))
}

/// What the line from a point to its label takes; nothing for a label right beside it.
fn leader(at: Point, ring: usize, room: &Room) -> Vec<Room> {
    if ring == 0 { Vec::new() } else { along(&[at, room.nearest(at)]) }
}

/// What a line through these points takes.
pub(crate) fn along(line: &[Point]) -> Vec<Room> {
    let pairs = line.iter().zip(line.iter().skip(1));
    let pieces = pairs.flat_map(|(from, to)| {
        let steps = whole(((to.0 - from.0).hypot(to.1 - from.1) / 8.0).ceil()).clamp(1, 200);
        (0..steps).map(move |step| {
            let part = real(step) / real(steps);
            (from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part)
        })
    });
    pieces.map(|at| Room::around(at, (4.0, 4.0))).collect()
}

/// Where the middle of a label may lie: to the right, left, above, below, then aslant, then the
/// same in wider rings.
fn places(at: Point, half: Point) -> impl Iterator<Item = (Point, usize)> {
    const WAYS: [Point; 8] = [
        (1.0, 0.0),
        (-1.0, 0.0),
        (0.0, -1.0),
        (0.0, 1.0),
        (0.8, -1.0),
        (0.8, 1.0),
        (-0.8, -1.0),
        (-0.8, 1.0),
    ];
    (0..6).flat_map(move |ring| {
        let gap = 11.0 + 18.0 * real(ring);
        WAYS.into_iter().map(move |(right, down)| {
            let centre = (at.0 + right * (half.0 + gap), at.1 + down * (half.1 + gap));
            (centre, ring)
        })
    })
}
