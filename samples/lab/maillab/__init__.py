"""The lab: a network of real mail servers on one machine, which plays a scenario and leaves nothing behind."""
