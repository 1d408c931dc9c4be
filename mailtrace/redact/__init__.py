"""Captures that are safe to share: secrets, and whatever else the user names, replaced in the packets themselves."""
