"""Imported last by the fork server of a runner, which has loaded all that bots need by then."""

import sys

from bot.worker.fork_server import say_loaded

say_loaded(int(sys.argv[1]))
