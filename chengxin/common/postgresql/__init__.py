"""Django's PostgreSQL, with a cheaper look at whether a kept connection is still there (`base`)."""
