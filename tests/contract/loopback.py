"""A policy for tests: their servers are on this machine, which the default policy refuses."""

from engine.net import policy

LOOPBACK = policy.parse("127.0.0.0/8:*, localhost:*", pause=0)
