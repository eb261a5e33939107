"""Files that a killed process left unfinished."""

import contextlib
import os
import tempfile

from odoo import api, models


class IrAttachment(models.Model):
    """Odoo writes a file in place, and names it by its content.

    A process that is killed meanwhile leaves a part of it. Odoo takes that for another file of the
    same checksum, and refuses the whole one for ever: each mail with it would stay set aside.
    """

    _inherit = "ir.attachment"

    @api.model
    def _get_path(self, bin_data, sha):
        """Return where a file lies or will lie; complete it first if only a part of it does.

        Another file of the same checksum would also have the same size: Odoo still refuses that.
        """
        name = f"{sha[:2]}/{sha}"
        path = self._full_path(name)
        with contextlib.suppress(FileNotFoundError):
            if os.path.getsize(path) != len(bin_data):
                self._mail_sync_replace(path, bin_data)
                self._mark_for_gc(name)
        return super()._get_path(bin_data, sha)

    @api.model
    def _mail_sync_replace(self, path, content):
        """Put a whole file in the place of a part of it, in one step."""
        with tempfile.NamedTemporaryFile(dir=os.path.dirname(path), delete=False) as whole:
            whole.write(content)
        os.chmod(whole.name, 0o644)  # as Odoo's own files usually have
        os.replace(whole.name, path)
