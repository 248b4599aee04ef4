"""
Contacts: the people an identity has met. Empty until there is mail to meet them by.
"""
