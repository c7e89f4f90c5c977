"""The reviewers' desk: inbox by competence, one item at a time, decisions by key."""
