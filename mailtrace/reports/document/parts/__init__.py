"""The parts of a report, in the order in which a reader wants them: a file for each, all functions over `Material`."""
