//! The metric catalogue: id, names, unit, formula over facts, attribution, version. It never stores a ratio.
