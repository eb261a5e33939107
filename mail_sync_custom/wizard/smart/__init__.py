from . import choice
from . import send
from . import composer
