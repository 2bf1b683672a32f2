"""What lies between the network and the application: limits, bodies read whole, and threads for the pages."""
