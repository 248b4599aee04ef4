"""
Orchestrators, simulated: what each tool does with the files that `ravi integrate` wrote for it.

A simulator does what was read in the tool's sources, or seen when it ran: which shell, in which directory, with which
variables, what a failure means, how long it waits, and what reaches the agent. Worktrees, shells, tmux, `ravi` and the
server are real. No code of any tool is here.
"""
