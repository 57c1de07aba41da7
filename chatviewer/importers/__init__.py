"""Foreign formats: paths in, `domain.Session` out. One file each."""
