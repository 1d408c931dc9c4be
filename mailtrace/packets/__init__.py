"""From frames to the TCP and UDP columns that streams are made of."""
