"""The worker: takes jobs from LiveKit, gives each a process of its own, and watches over them.

It holds LiveKit's secret and does the errands that take it; its bots do not hold it.
"""
