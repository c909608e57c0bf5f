"""Score completions in processes that can be killed and that can harm nothing."""
