from . import tag
from . import template
from . import message
from . import scheduled
from . import people
from . import queue
