"""Imitation: demonstrators play, also where others have led them, and the layers learn what they do.

`following` carries a plan out by the choices that a policy has; `demonstrators` knows who can show what;
`demonstration` plays and keeps moments; `cloning` learns from them.
"""
