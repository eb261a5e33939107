from . import mail_sync_account_setup
from . import mail_sync_account_setup_folder
