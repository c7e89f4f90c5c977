"""Who you are and what you may do.

Accounts, enterprises, agencies and the divisions of the country. One table says which role may do
what and how far it reaches; a row check and a list filter are the same rule. Codes and names of
enterprises are unique by constraint, not by good manners. The agency that is competent is found
when it is asked for, so nobody waits at an empty desk. Contact data are sealed, found by a keyed
index, and every reading of them is logged with its purpose.
"""
