"""The prediction ledger: what was foretold, what came of it, and how good that was."""
