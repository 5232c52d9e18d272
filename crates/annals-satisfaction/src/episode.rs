//! What the fold keeps of an episode: each of its moments, in time order.

use crate::code_table::{CodeIndex, CodeTable};
use crate::survey::Rating;
use annals_events::{Channel, Code, Date, Event, Instant, Sense, TouchpointExperienced, Zone};
use serde::{Deserialize, Serialize};

/// Which moments belong together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum EpisodeKey {
    /// All moments of a day of the ledger's time zone for which no episode was named.
    Day(Date),
    /// A visit, order or stay that was named.
    Named(Code),
}

impl EpisodeKey {
    /// The episode a moment belongs to.
    pub(crate) fn of(moment: &TouchpointExperienced, at: Instant, zone: &Zone) -> Self {
        moment.episode.clone().map_or_else(|| Self::Day(zone.date_of(at)), Self::Named)
    }
}

/// The moments of one episode.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Episode {
    /// In the order they occurred.
    pub(crate) moments: Vec<Felt>,
}

/// One moment, and how it felt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Felt {
    pub(crate) at: Instant,
    /// -5 to 5.
    pub(crate) valence: i8,
    pub(crate) moment_of_truth: bool,
    pub(crate) channel: Option<Channel>,
    /// The senses spoken to, one bit for each in the order of their numbers.
    pub(crate) senses: u8,
    pub(crate) dwell_seconds: Option<u32>,
    pub(crate) step: CodeIndex,
    pub(crate) touchpoint: Option<CodeIndex>,
    pub(crate) emotion: Option<CodeIndex>,
    pub(crate) obstacle: Option<CodeIndex>,
    pub(crate) expected: Option<Rating>,
    pub(crate) perceived: Option<Rating>,
}

impl Felt {
    /// The senses spoken to.
    pub(crate) fn senses(self) -> impl Iterator<Item = Sense> {
        let each = Sense::ALL.iter().enumerate();
        each.filter(move |(place, _)| self.senses & 1 << place != 0).map(|(_, sense)| *sense)
    }
}

impl Episode {
    pub(crate) fn live(
        &mut self,
        moment: &TouchpointExperienced,
        event: &Event,
        codes: &mut CodeTable,
    ) {
        let envelope = event.envelope();
        self.moments.push(Felt {
            at: event.occurred_at(),
            valence: moment.valence.get(),
            moment_of_truth: moment.moment_of_truth,
            channel: envelope.channel,
            senses: Sense::ALL
                .iter()
                .enumerate()
                .filter(|(_, sense)| moment.senses.contains(sense))
                .fold(0, |bits, (place, _)| bits | 1 << place),
            dwell_seconds: moment.dwell.map(annals_events::Seconds::get),
            step: codes.place(&moment.step),
            touchpoint: envelope.touchpoint.as_ref().map(|code| codes.place(code)),
            emotion: moment.emotion.as_ref().map(|code| codes.place(code)),
            obstacle: moment.obstacle.as_ref().map(|code| codes.place(code)),
            expected: moment.expected.map(Rating::of),
            perceived: moment.perceived.map(Rating::of),
        });
    }

    /// When the last moment was.
    pub(crate) fn last_at(&self) -> Instant {
        self.moments.last().map_or_else(Instant::default, |felt| felt.at)
    }
}
