"""A published schedule that no longer holds, mended in a second: `mend`.

`scope` says what may move, `standing` what still holds, `placing` puts the rest where it costs least, `hunt`
searches on with a price on every move.
"""
