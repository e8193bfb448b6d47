"""Many plants at once: their fixed side, their moving side, and the kernel that takes them through time.

Everything is flat. With L lines and I items a plant (the largest plant's, smaller ones are filled up), line l
of plant b is row b L + l of every array of lines, item i is row b I + i of every array of items.
"""
