//! Static web pages, embedded. Empty until the pages come.
