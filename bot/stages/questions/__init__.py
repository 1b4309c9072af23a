"""How each vendor is asked for one word, as a call will: a token, a bit of speech, a handshake.

One file a vendor; it may import what `processors/` knows of the vendor's wire, and never a service.
Nothing here explains a failure; that is bot/stages/diagnosis.py.
"""
