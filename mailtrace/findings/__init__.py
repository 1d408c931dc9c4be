"""Findings: what is wrong in a capture, or worth knowing, judged by rules that are their own manual pages."""
