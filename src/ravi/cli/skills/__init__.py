"""Short texts that teach an agent to use `ravi`: Agent Skills, a folder with a SKILL.md for each."""
