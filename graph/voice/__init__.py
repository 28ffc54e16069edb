"""What customers' complaints say: topics found in their words, rates, who is complained about most."""
