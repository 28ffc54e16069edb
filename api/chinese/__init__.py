"""What errors, remedies, warnings and help say in Chinese: .po files of sentences, and how one is found."""
