"""chatviewer: a desktop chat history viewer for the terminal."""

__version__ = "0.1.0"
