"""Help for people: the list of commands, one command, and the topics that belong to no command."""
