"""What is drawn: the impact map as one HTML file, and the exports."""
