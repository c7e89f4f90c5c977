"""The outside world, one interface each: mail, SMS, market register, virus scan.

Any action adds an outbox row in its own transaction (`actions.enqueue`); the worker delivers it
(`actions.deliver_due`), retries, and parks what fails again and again, in sight of staff. Nothing
outside is asked while a transaction is open. A local gateway behaves like the outside one: it can be
slow, down or refuse. In demo mode the local ones keep what they delivered in a mailbox for 24 hours.
"""
