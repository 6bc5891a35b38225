"""Identity alive: decide on what a new row, a judgement or an erasure touches, and write the difference at once."""
