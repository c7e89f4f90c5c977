"""Commands: one function for one step of a person, in one durable transaction (D-43).

Pages write only through these functions. Each takes the acting person as ``by``, checks nothing
itself but the order of things, and lets the apps' actions lock, permit, decide, write and append.
What the person is promised (已提交, a receipt) is true when the function returns.
"""
