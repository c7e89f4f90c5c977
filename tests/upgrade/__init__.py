"""Every released version can be upgraded to this one (D-48). `releases/README.md` says what lies there and how it is made."""
