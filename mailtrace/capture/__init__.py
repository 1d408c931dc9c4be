"""Capture files: the only room that reads files. `open_capture` gives frames in batches, whatever the file format."""

from mailtrace.capture.source import DEFAULT_BATCH_BYTES, CaptureFile, open_capture

__all__ = ["DEFAULT_BATCH_BYTES", "CaptureFile", "open_capture"]
