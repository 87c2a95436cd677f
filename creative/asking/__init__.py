"""What is asked of Gemini, how often, and what its answers and failures mean."""
