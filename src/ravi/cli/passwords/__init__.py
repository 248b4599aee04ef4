"""Sign-ins for sites: usernames and passwords, sealed before they leave this machine."""
