//! Opening a database: what is wrong is said in one line.
