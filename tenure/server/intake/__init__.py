"""Live intake: what clients send is committed before they are answered, then handed to the event log."""
