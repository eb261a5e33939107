"""The daily limit of the Free CRM plan, as its user experiences it."""

from __future__ import annotations

from dev.demo import mail

from .office import Office, somebody


def test_sync_now_reports_a_used_up_quota_and_continues_the_next_day(
    quiet_company: Office,
):
    company = quiet_company
    ann, lena = company.salesperson("ann"), somebody("lena")
    lead = company.lead(lena, ann)
    ann.connect()
    ann.sync()
    plan = company.admin.call("mail.sync.plan", "search", [("daily_limit", "=", 100)])
    company.admin.call("mail.sync.plan", "write", plan, {"daily_limit": 2})
    own = company.admin.call("res.company", "search", [])[:1]
    company.admin.call("res.company", "write", own, {"mail_sync_plan_id": plan[0]})

    subjects = ["First", "Second", "Third"]
    ann.has(*(mail(lena, ann.person, subject, "?") for subject in subjects))
    assert "2 mails a day that your company's plan" in ann.sync()
    assert ann.account("paused_until")["paused_until"]
    assert len(lead.subjects()) == 2
    said = ann.sync()
    assert said.startswith("Your company's plan records 2 mails a day, and today's are used up.")
    assert len(lead.subjects()) == 2

    # What was recorded was recorded yesterday now.
    company.sql("UPDATE mail_sync_message SET brought_at = brought_at - interval '1 day'")
    ann.sync()
    assert sorted(lead.subjects()) == sorted(subjects)
