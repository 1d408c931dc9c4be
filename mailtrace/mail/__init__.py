"""Understand messages: headers, MIME parts, charsets and trace lines, and what a mail conversation caused.

Pure functions over octets and records: nothing here does I/O, and no octets make it raise. What breaks a rule is told
as a defect of the message, a stable name that may be followed by a colon and details.
"""
