"""The telegrams on the one-way line: a pure codec used at both ends. It knows no port, no socket and no clock.

`docs/telegram.md` is the document of the format; someone who has it can write the other end without this code.
"""
