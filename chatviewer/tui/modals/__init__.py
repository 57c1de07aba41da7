"""The modals of the viewer."""
