//! Specs and grids as data: a list of axis specs; a grid with its shape. Reading resolves them again, so
//! that nothing unchecked comes in.

use alloc::vec::Vec;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::rank::Rank;
use crate::{AxisSpec, Grid, WindowSpec};

impl<R: Rank> Serialize for WindowSpec<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.axes().serialize(serializer)
    }
}

impl<'de, R: Rank> Deserialize<'de> for WindowSpec<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let axes = Vec::<AxisSpec>::deserialize(deserializer)?;
        Self::from_axes(&axes).checked().map_err(D::Error::custom)
    }
}

impl<R: Rank> Serialize for Grid<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.shape(), self.spec()).serialize(serializer)
    }
}

impl<'de, R: Rank> Deserialize<'de> for Grid<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (shape, spec) = <(Vec<usize>, WindowSpec<R>)>::deserialize(deserializer)?;
        Self::over(&shape, spec).map_err(D::Error::custom)
    }
}
