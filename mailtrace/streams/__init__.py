"""From TCP packets to each side's octets in order, with holes named."""
