"""What the app may ask of the house. Each function has a request's name, takes the job and plain values, gives JSON."""
