from random import randint

from odoo import fields, models


class MailSyncSmartTag(models.Model):
    """What a Smart Mail is for, such as *First contact*: salespeople find it by this."""

    _name = "mail.sync.smart.tag"
    _description = "Smart Mail Tag"
    _order = "name"

    name = fields.Char(required=True, translate=True)
    color = fields.Integer(default=lambda self: randint(1, 11))  # noqa: S311 - a colour

    _name_unique = models.UniqueIndex("(name)", "There is already a tag with this name.")
