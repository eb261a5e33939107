from . import base_partner_merge
from . import mail_compose_message
from . import mail_sync_account_disable
from . import mail_sync_account_password
from . import mail_sync_account_setup
from . import mail_sync_account_setup_folder
from . import mail_sync_account_test
