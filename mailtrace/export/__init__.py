"""Export: mails, attachments, streams and packets become files of their own, under names nobody else chooses."""
