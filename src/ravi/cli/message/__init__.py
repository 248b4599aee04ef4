"""Single messages: reading them, and marking them as read."""
