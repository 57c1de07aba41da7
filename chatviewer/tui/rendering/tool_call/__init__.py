"""How calls of tools are shown. Every module here with `NAMES` (the tools it knows, without `_` and `-`, in lower case) and
`describe` is a renderer; the registry finds it by itself."""
