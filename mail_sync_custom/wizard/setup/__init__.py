# The model first; its parts in any order.
from . import setup
from . import certificates
from . import checks
from . import folder
from . import folders
from . import known
from . import settings
from . import suggestions
from . import signing_in
