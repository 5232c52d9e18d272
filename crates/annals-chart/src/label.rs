//! Labels beside points, placed so that none lies on another or on a point.

use crate::canvas::{Anchor, Canvas, Lettering, Point, Stroke};
use crate::colour::FAINT_INK;
use crate::frame::{Area, LABEL_SIZE};
use crate::number::real;
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
/// Nothing is set over the obstacles. Answers how many found no room.
pub(crate) fn place(
    canvas: &mut Canvas,
    area: &Area,
    labels: &[(Point, String)],
    obstacles: &[Room],
) -> usize {
    let dots = labels.iter().map(|(at, _)| Room::around(*at, (9.0, 9.0)));
    let mut taken: Vec<Room> = dots.chain(obstacles.iter().copied()).collect();
    let mut without = 0;
    for (at, label) in labels {
        let label = fitted(label, LABEL_SIZE, 300.0);
        let half = (width(&label, LABEL_SIZE) / 2.0 + 3.0, 11.0);
        let free = places(*at, half).find(|(centre, _)| {
            let room = Room::around(*centre, half);
            room.inside(area) && !taken.iter().any(|other| other.meets(&room))
        });
        let Some((centre, ring)) = free else {
            without += 1;
            continue;
        };
        taken.push(Room::around(centre, half));
        if ring > 0 {
            let nearest_x = at.0.clamp(centre.0 - half.0, centre.0 + half.0);
            let nearest_y = at.1.clamp(centre.1 - half.1, centre.1 + half.1);
            canvas.line(*at, (nearest_x, nearest_y), Stroke::new(FAINT_INK, 1.0));
        }
        let lettering = Lettering::new(LABEL_SIZE, Anchor::Middle).with_halo();
        canvas.text((centre.0, centre.1 + 5.0), &label, lettering);
    }
    without
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
    (0..8).flat_map(move |ring| {
        let gap = 11.0 + 18.0 * real(ring);
        WAYS.into_iter().map(move |(right, down)| {
            let centre = (at.0 + right * (half.0 + gap), at.1 + down * (half.1 + gap));
            (centre, ring)
        })
    })
}
