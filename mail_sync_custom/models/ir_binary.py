from odoo import models


class IrBinary(models.AbstractModel):
    """Files of private mails are served by the reader's own rights.

    Odoo puts tokens into links and pages, and whoever has one needs no right. Those that were given
    out before a mail became private cannot be recalled.
    """

    _inherit = "ir.binary"

    def _find_record(
        self, xmlid=None, res_model="ir.attachment", res_id=None, access_token=None, field=None
    ):
        if access_token and res_model == "ir.attachment" and res_id is not None:
            file = self.env["ir.attachment"].browse(int(res_id)).exists()
            # sudo: this decides about access
            if file and file.sudo().mail_sync_private:
                access_token = None
        return super()._find_record(xmlid, res_model, res_id, access_token, field)
