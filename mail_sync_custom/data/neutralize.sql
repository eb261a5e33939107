-- A copied database reads nobody's mail and sends by nobody's server.
UPDATE mail_sync_account
   SET imap_secret = NULL, smtp_secret = NULL, lease_token = NULL, next_sync_at = NULL,
       state = 'connection', error_code = 'neutralized'
 WHERE active;
DELETE FROM mail_sync_oauth_grant;
UPDATE mail_sync_oauth_client SET secret = NULL;
DELETE FROM mail_sync_outgoing;
DELETE FROM ir_config_parameter WHERE key = 'mail_sync_custom.idle';
