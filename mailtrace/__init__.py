"""mailtrace: packet captures of mail, explained step by step."""

__version__ = "0.1.0"
