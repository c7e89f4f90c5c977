"""What everyone sees without logging in: home, search, public files, proofs, reports; all made from the public document."""
