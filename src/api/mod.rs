//! The HTTP API under `/v1`: commands in, views and facts out; one file per noun.
