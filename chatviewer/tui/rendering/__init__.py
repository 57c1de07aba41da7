"""Domain objects to rows of text for a given width. No widget, no app: everything here can be tested by calling it.

`message` makes a list of blocks out of a message (header, thinking, text, tool calls, attachments); a block is a list of chunks; a chunk
lays itself out for a width when it becomes visible. Styles are written as theme variables and resolved by whoever paints the rows.
All text of content passes `domain.safe`; Textual markup is never parsed.
"""
