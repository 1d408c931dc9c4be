"""Explain: conversations told as numbered steps in plain words, without markup."""
