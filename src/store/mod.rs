//! What is kept: sqlx over SQLite and PostgreSQL, one SQL text, a file per noun.
