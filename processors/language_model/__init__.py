"""Language models: what makes any of them answer in time, and one file a vendor.

`Answering` goes around any of Pipecat's services; `contract` says what comes of it. Imports what
lies beside the folders; the vendors' files are imported by the application alone.
"""
