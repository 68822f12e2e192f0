"""Topic rules: their validation, their actions, and the errors of these."""
