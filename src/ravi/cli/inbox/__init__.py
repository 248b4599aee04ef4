"""What has come in: conversations, and finding messages."""
