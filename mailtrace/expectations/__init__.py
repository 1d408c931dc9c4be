"""Expectations: what somebody who gave out a task, or runs mail servers, expects of a capture, and whether it holds.

A file of expectations is read by `reading`; `answering` gives each its answer. What can be expected is the table
`kinds`: one line for each kind of thing that is counted in a capture, with what may be said of these things.
"""
