"""TLS: what a handshake shows to everybody, and with the keys from a key log the octets inside, in clear."""
