"""Text read from proof pictures, to help the eye of a reviewer (VOL-21).

A picture that was handed in is read in a limited child process, off every request, and the text is kept sealed, with its
places in the picture, until the matter is decided. Here it is compared with what was typed: name, code, date, amount.
It advises and never decides; it never leaves the desk; it goes when its file goes. The reading engine is an optional
part: without it everything else works and the desk says that nothing was read.
"""
