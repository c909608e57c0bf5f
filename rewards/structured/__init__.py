"""Share strict parsing, schemas and comparison among the verifiers of structured output."""
