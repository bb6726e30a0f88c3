//! States that a simulation should reach, because mistakes show there.
//!
//! Owns [`Hazard`], which names one, and [`Sightings`], which of them a run has reached. A property
//! that looks at a cluster after every event sees them from the outside. It decides nothing by
//! them: a run that reaches none is as right as any other, and tells less.

/// A state that matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hazard {
    /// Its name, the same for ever: "split-vote".
    pub name: &'static str,
    /// What it is, in a sentence.
    pub sentence: &'static str,
}

/// Which hazard states a run has reached.
#[derive(Clone, Debug, Default)]
pub struct Sightings(Vec<(Hazard, bool)>);

impl Sightings {
    /// None yet of these.
    pub fn of(hazards: impl IntoIterator<Item = Hazard>) -> Sightings {
        Sightings(hazards.into_iter().map(|hazard| (hazard, false)).collect())
    }

    /// It is reached. One that is not looked for in this run is not counted.
    pub fn see(&mut self, name: &str) {
        if let Some((_, seen)) = self.0.iter_mut().find(|(hazard, _)| hazard.name == name) {
            *seen = true;
        }
    }

    /// Each that is looked for, and whether it was reached.
    pub fn each(&self) -> impl Iterator<Item = (Hazard, bool)> {
        self.0.iter().copied()
    }
}
