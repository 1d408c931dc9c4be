"""IMAP told step by step, as SMTP and POP3 are; its commands and answers have more to say, so each has a file."""
