"""The second opinion: what mailtrace and tshark say of the same capture, where they differ, and why."""
