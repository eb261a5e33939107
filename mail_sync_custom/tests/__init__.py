from . import test_access
from . import test_chatter
from . import test_recording
from . import test_sending
from . import test_setup
from . import test_status
from . import test_tours
