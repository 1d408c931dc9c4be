"""Journeys told: one mail on one page, from its first client to its last, with all that happened because of it."""
