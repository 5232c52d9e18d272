//! What the loyalty projection promises: figures equal to independent ones, and properties that
//! hold for any events.

mod association;
mod cdnow_sample;
mod conduct;
mod events;
mod models;
mod properties;
mod rules;
mod views;
