"""The engine: what a scenario does to a compiled chain."""

from graph.impact.compiling import keep_apart

keep_apart()  # here, since it has to come before the first kernel, whichever file holds that
