"""Read and write the arguments of a command line, and suggest what an unknown key meant."""
