"""The commands: argparse, one small file each. Opens the viewer only when asked for it."""
