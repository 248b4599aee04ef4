"""
Mail: what arrives at and leaves from addresses.

Owns (from the mail release on) the SMTP listener, parsing, threads, attachments and the outbound queue.
The addresses themselves belong to `identities`, which hands them out.
"""
