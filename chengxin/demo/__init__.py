"""Demo data: an invented country of agencies, enterprises and records, built by the platform's own commands.

Whatever stands in `demo/` at the top of the tree is played back through `flow` with the clock set relative to the
first start. Only an empty database is filled; a filling that was cut off is taken up again.

Source: decisions D-53, D-56.
"""

from chengxin.demo.filling import accounts, fill, is_empty, is_told, stock_up, tell
from chengxin.demo.guards import DemoRefused

__all__ = ["DemoRefused", "accounts", "fill", "is_empty", "is_told", "stock_up", "tell"]
