"""The worker: takes parts, builds their ZIPs, stores them."""
