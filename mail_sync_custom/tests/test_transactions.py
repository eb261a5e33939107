from odoo.tests import TransactionCase, new_test_user, tagged
from psycopg2 import errors

from ..transactions import RACES, TRIES, again, apart


@tagged("post_install", "-at_install")
class TestAgain(TransactionCase):
    def tries(self, *ends):
        """Return a function whose calls end as given, in turn, and the list of outcomes."""
        seen = []

        def act():
            end = ends[len(seen)]
            seen.append(end)
            if isinstance(end, Exception):
                raise end
            return end

        return act, seen

    def test_a_lost_race_is_repeated_until_won(self):
        act, seen = self.tries(*[race() for race in RACES], "done")
        self.assertEqual(again(act), "done")
        self.assertEqual(len(seen), len(RACES) + 1)

    def test_an_act_that_always_loses_is_given_up(self):
        act, seen = self.tries(*[errors.SerializationFailure()] * (TRIES + 1))
        with self.assertRaises(errors.SerializationFailure):
            again(act)
        self.assertEqual(len(seen), TRIES)

    def test_any_other_error_is_raised_at_once(self):
        act, seen = self.tries(errors.NotNullViolation(), "done")
        with self.assertRaises(errors.NotNullViolation):
            again(act)
        self.assertEqual(len(seen), 1)

    def test_apart_keeps_the_user_and_the_context(self):
        env = self.env(user=new_test_user(self.env, "ann"), context={"lang": "de_DE"})
        with self.enter_registry_test_mode(), apart(env) as other:
            self.assertEqual((other.uid, other.su, other.context), (env.uid, env.su, env.context))
