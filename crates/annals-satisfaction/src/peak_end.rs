//! The peak-end rule: an episode is remembered by its strongest moment and its last one
//! (Kahneman, Fredrickson, Schreiber & Redelmeier, Psychological Science 4, 1993).
//!
//! Peak = the valence of the largest absolute value, of equals the later; end = the last;
//! (peak + end) / 2. The mean and the duration-weighted mean stand beside it for comparison.

use crate::episode::{Episode, EpisodeKey, Felt};
use crate::ratio::ratio;
use annals_events::{Code, Date, Zone};
use serde::Serialize;
use std::collections::BTreeMap;

/// One episode; valences from -5 to 5.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EpisodeView {
    /// The episode's name; null where all moments of a day without a name are one.
    pub episode: Option<Code>,
    /// The local day of its last moment.
    pub day: Date,
    /// How many moments it has.
    pub n: u64,
    /// The valence of its strongest moment.
    pub peak: i8,
    /// The valence of its last moment.
    pub end: i8,
    /// (peak + end) / 2.
    pub peak_end: f64,
    /// Mean valence.
    pub mean: f64,
    /// Mean valence weighted by how long each moment took; null where withheld.
    pub duration_weighted_mean: Option<f64>,
    /// Why the weighted mean is withheld.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Peak-end of a customer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CustomerPeakEnd {
    /// How many episodes there are.
    pub n: u64,
    /// The episode whose last moment is the latest; null where there is none.
    pub last: Option<EpisodeView>,
    /// Mean of (peak + end) / 2 over the episodes; null where there is none.
    pub mean: Option<f64>,
    /// Why both are null.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Peak-end of all customers together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PopulationPeakEnd {
    /// How many episodes there are.
    pub n: u64,
    /// Mean of (peak + end) / 2 over all episodes; null where there is none.
    pub mean: Option<f64>,
    /// How many moments the episodes have.
    pub moments: u64,
    /// Mean valence over all moments; null where there is none.
    pub mean_valence: Option<f64>,
    /// Why both are null.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Sums over episodes, in whole numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PeakEndSums {
    episodes: u64,
    /// Of peak + end.
    peaks_and_ends: i128,
    moments: u64,
    valences: i128,
}

impl PeakEndSums {
    /// Adds a customer's episodes.
    pub(crate) fn add(&mut self, episodes: &BTreeMap<EpisodeKey, Box<Episode>>) {
        for episode in episodes.values() {
            let Some((peak, end)) = peak_and_end(&episode.moments) else { continue };
            self.episodes += 1;
            self.peaks_and_ends += i128::from(peak) + i128::from(end);
            self.moments += count(&episode.moments);
            self.valences += sum(&episode.moments);
        }
    }

    fn mean(&self) -> Option<f64> {
        ratio(self.peaks_and_ends, 2 * self.episodes)
    }

    fn why(&self) -> Option<String> {
        (self.episodes == 0).then(|| "no touchpoint.experienced".to_owned())
    }

    pub(crate) fn population(&self) -> PopulationPeakEnd {
        PopulationPeakEnd {
            n: self.episodes,
            mean: self.mean(),
            moments: self.moments,
            mean_valence: ratio(self.valences, self.moments),
            why: self.why(),
        }
    }
}

impl CustomerPeakEnd {
    pub(crate) fn of(episodes: &BTreeMap<EpisodeKey, Box<Episode>>, zone: &Zone) -> Self {
        let mut sums = PeakEndSums::default();
        sums.add(episodes);
        let last = episodes.iter().max_by_key(|(_, episode)| episode.last_at());
        Self {
            n: sums.episodes,
            last: last.and_then(|(key, episode)| EpisodeView::of(key, episode, zone)),
            mean: sums.mean(),
            why: sums.why(),
        }
    }
}

impl EpisodeView {
    /// An episode as it is shown; `None` for one without moments, which no fold makes.
    fn of(key: &EpisodeKey, episode: &Episode, zone: &Zone) -> Option<Self> {
        let (peak, end) = peak_and_end(&episode.moments)?;
        let n = count(&episode.moments);
        let weighted = duration_weighted_mean(&episode.moments);
        Some(Self {
            episode: match key {
                EpisodeKey::Day(_) => None,
                EpisodeKey::Named(name) => Some(name.clone()),
            },
            day: zone.date_of(episode.last_at()),
            n,
            peak,
            end,
            peak_end: ratio(i128::from(peak) + i128::from(end), 2)?,
            mean: ratio(sum(&episode.moments), n)?,
            why: weighted.as_ref().err().cloned(),
            duration_weighted_mean: weighted.ok(),
        })
    }
}

fn peak_and_end(moments: &[Felt]) -> Option<(i8, i8)> {
    // Of equal ones the last is the largest, which is what the rule asks for.
    let peak = moments.iter().max_by_key(|felt| felt.valence.unsigned_abs())?;
    Some((peak.valence, moments.last()?.valence))
}

/// The mean weighted by duration, or why there is none.
fn duration_weighted_mean(moments: &[Felt]) -> Result<f64, String> {
    let (mut weighted, mut total) = (0_i128, 0_u64);
    let mut unknown = 0_u64;
    for felt in moments {
        match felt.dwell_seconds {
            Some(seconds) => {
                weighted += i128::from(felt.valence) * i128::from(seconds);
                total += u64::from(seconds);
            }
            None => unknown += 1,
        }
    }
    if unknown > 0 {
        let n = moments.len();
        return Err(format!("{unknown} of {n} moments have no duration"));
    }
    ratio(weighted, total).ok_or_else(|| "all moments have a duration of zero".to_owned())
}

fn count(moments: &[Felt]) -> u64 {
    moments.len() as u64
}

fn sum(moments: &[Felt]) -> i128 {
    moments.iter().map(|felt| i128::from(felt.valence)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(valences: &[(i8, Option<u32>)]) -> Vec<Felt> {
        valences
            .iter()
            .map(|&(valence, dwell_seconds)| Felt { valence, dwell_seconds, ..Felt::default() })
            .collect()
    }

    #[test]
    fn the_peak_is_the_strongest_moment_and_of_equals_the_later() {
        let short = |valences: &[i8]| {
            let all: Vec<_> = valences.iter().map(|&valence| (valence, None)).collect();
            peak_and_end(&moments(&all))
        };
        assert_eq!(short(&[4, -4, 1]), Some((-4, 1)));
        assert_eq!(short(&[-4, 4, 1]), Some((4, 1)));
        assert_eq!(short(&[-5, 3, 2]), Some((-5, 2)));
        assert_eq!(short(&[0]), Some((0, 0)));
        assert_eq!(short(&[]), None);
    }

    #[test]
    fn durations_weigh_and_a_missing_one_withholds_the_mean() {
        let known = duration_weighted_mean(&moments(&[(4, Some(30)), (-2, Some(90))]));
        assert_eq!(known, Ok(-0.5), "(4 x 30 - 2 x 90) / 120");
        let unknown = duration_weighted_mean(&moments(&[(4, Some(30)), (-2, None)]));
        assert_eq!(unknown, Err("1 of 2 moments have no duration".to_owned()));
        assert!(duration_weighted_mean(&moments(&[(4, Some(0))])).is_err());
    }
}
