"""The servers of these tests are on this machine, where nobody may connect to by default."""

from engine.net import policy

LOOPBACK = policy.parse("127.0.0.0/8:*, localhost:*", pause=0)
