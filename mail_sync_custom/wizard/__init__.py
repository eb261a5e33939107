from . import base_partner_merge
from . import mail_compose_message
from . import mail_sync_account_disable
from . import mail_sync_account_password
from . import mail_sync_account_test
from . import setup
from . import mail_sync_entry_move
