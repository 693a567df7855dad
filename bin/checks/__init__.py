"""What bin/test does: its steps, how they run, and the table at the end."""
