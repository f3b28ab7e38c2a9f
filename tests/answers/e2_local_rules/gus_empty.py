# Handed in as it was handed out: nothing is written yet.
