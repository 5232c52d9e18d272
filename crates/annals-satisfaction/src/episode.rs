//! What the fold keeps of an episode: how each of its moments felt, in time order.

use annals_events::{Code, Date, Instant, TouchpointExperienced, Zone};
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
    /// When the last moment was.
    pub(crate) last_at: Instant,
    /// In the order they occurred.
    pub(crate) moments: Vec<Felt>,
}

/// How a moment felt, and how long it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Felt {
    /// -5 to 5.
    pub(crate) valence: i8,
    pub(crate) dwell_seconds: Option<u32>,
}

impl Episode {
    pub(crate) fn live(&mut self, moment: &TouchpointExperienced, at: Instant) {
        self.last_at = at;
        self.moments.push(Felt {
            valence: moment.valence.get(),
            dwell_seconds: moment.dwell.map(annals_events::Seconds::get),
        });
    }
}
