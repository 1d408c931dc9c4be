"""What holds for all tests: they are in English, whatever the locale of whoever runs them says."""

from __future__ import annotations

import os

from mailtrace.languages import LOCALE_VARIABLES

for name in LOCALE_VARIABLES[:-1]:  # the first that is set counts; encodings follow LC_CTYPE or LANG
    os.environ.pop(name, None)
os.environ["LC_MESSAGES"] = "C.UTF-8"
