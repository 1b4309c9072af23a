"""Being reached from the local network: the address, certificates, and the link as a picture."""
