"""Ways out of a snapshot: files of other tools' formats, and objects in memory."""
