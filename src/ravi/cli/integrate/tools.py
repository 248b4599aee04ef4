"""
The table: which files each tool reads, and what we put there.

Names, keys and variables are the tools' own; docs/integrations has a page for each with what was read and what was run.
An identity is ended where the tool has a hook for it; where it has none, `ravi workspace gc` does it.
"""

from __future__ import annotations

from ravi.cli.integrate.parts import (
    REFUSE,
    SKIP,
    Block,
    Command,
    FrontMatterLine,
    Item,
    Line,
    Paste,
    Target,
    TomlLine,
    Tool,
    Value,
)

_RELEASE = "{ravi} workspace release"
_REAPER = "run {ravi} workspace gc from time to time: it ends identities whose workspace is gone"

_POST_CHECKOUT = """\
# All zeros: a worktree was just made. A linked one has a file called .git.
case "$1" in
*[!0]*) ;;
*) if [ -f .git ]; then {ravi} workspace ensure --label tool=git || exit $?; fi ;;
esac"""

# A single quote in the path would end the word, and the rest of it would be run in every session.
_CLAUDE_SESSION = (
    "{ravi} workspace ensure --label tool=claude-code >/dev/null; "
    r"""printf "export RAVI_CONFIG_DIR='%s/.ravi'\n" "$(printf %s "$PWD" | sed "s/'/'\\\\''/g")" """
    r'''>> "${CLAUDE_ENV_FILE:-/dev/null}"'''
)

_ACTIONS_STEPS = """\
- name: Give the job an identity
  env:
    RAVI_API_URL: ${{ vars.RAVI_API_URL }}
    RAVI_API_KEY: ${{ secrets.RAVI_API_KEY }}
  run: |
    ravi workspace ensure --name "job-$GITHUB_RUN_ID" --ttl 6h --label tool=github-actions
    echo "RAVI_CONFIG_DIR=$PWD/.ravi" >> "$GITHUB_ENV"

# ... the steps of the agent: without RAVI_API_KEY ...

- name: End the identity
  if: always()
  env:
    RAVI_API_URL: ${{ vars.RAVI_API_URL }}
    RAVI_API_KEY: ${{ secrets.RAVI_API_KEY }}
  run: ravi workspace release --lenient"""

TOOLS: dict[str, Tool] = {
    "amux": Tool(
        "amux (andyrewlee/amux)",
        "set up with each workspace, ended when it is archived",
        Target(
            ".amux/workspaces.json",
            Item("setup-workspace", '{ravi} workspace ensure --name "amux-$AMUX_WORKSPACE_NAME" --label tool=amux'),
            Line("archive", _RELEASE),
        ),
        Target(
            "~/.amux/config.json",
            Value("assistants.claude.command", "{ravi} workspace exec --label tool=amux -- {agent}"),
        ),
        notes=(
            "commit .amux/workspaces.json in the main checkout: amux does not read it from worktrees",
            "amux asks you to approve the file after every change of it",
        ),
    ),
    "vibe-kanban": Tool(
        "vibe-kanban (BloopAI/vibe-kanban)",
        "three texts to paste: its settings are in its database",
        Paste(
            "Settings, Repositories, setup script (leave parallel setup off)",
            '{ravi} workspace ensure --name "vk-$VK_WORKSPACE_ID" --label tool=vibe-kanban',
        ),
        Paste("Settings, Repositories, archive script", _RELEASE),
        Paste("Settings, Agents, the environment of the agent's profile", "RAVI_CONFIG_DIR=.ravi"),
        notes=(
            "put nothing into the cleanup script: it runs after every turn of the agent",
            "deleting a workspace runs no script. " + _REAPER,
        ),
    ),
    "claude-squad": Tool(
        "Claude Squad (smtg-ai/claude-squad)",
        "a profile that starts the agent as its own identity",
        Target(
            "~/.claude-squad/config.json",
            Item(
                "profiles",
                {"name": "with Ravi", "program": "{ravi} workspace exec --label tool=claude-squad -- {agent}"},
            ),
            absent=REFUSE,
            why="Claude Squad writes it when it is first started",
        ),
        notes=("choose the profile for a new session, or make it the default_program", _REAPER),
    ),
    "lalph": Tool(
        "lalph (tim-smart/lalph)",
        "set up with each task's worktree",
        Target("scripts/worktree-setup.sh", Block("{ravi} workspace ensure --label tool=lalph || exit $?")),
        notes=(
            "commit the script; if it is new, add what lalph's own would have done, such as pnpm install",
            "lalph ignores a failure of the script. To be sure, give the agent's preset this commandPrefix: "
            "env {ravi} workspace exec --label tool=lalph --",
            _REAPER,
        ),
    ),
    "symphony": Tool(
        "Symphony (openai/symphony)",
        "bound before each attempt, ended before the workspace is removed",
        Target(
            "WORKFLOW.md",
            FrontMatterLine("hooks", "before_run", "{ravi} workspace ensure --label tool=symphony || exit $?"),
            FrontMatterLine("hooks", "before_remove", _RELEASE),
            absent=REFUSE,
            why="it has the tracker and the prompt, which only you know",
        ),
        notes=("Codex' sandbox lets nobody reach a server: set networkAccess in codex.turn_sandbox_policy",),
    ),
    "supacode": Tool(
        "Supacode (supabitapp/supacode)",
        "set up in a worktree's first tab, ended when it is deleted",
        Target(
            "supacode.json",
            Line(
                "setupScript",
                '{ravi} workspace ensure "$SUPACODE_WORKTREE_PATH" --label tool=supacode; '
                'export RAVI_CONFIG_DIR="$SUPACODE_WORKTREE_PATH/.ravi"',
            ),
            Line("deleteScript", '{ravi} workspace release "$SUPACODE_WORKTREE_PATH" --lenient'),
        ),
        notes=(
            "Supacode reads this file in place of what its settings say about the repository",
            "leave .ravi out of what is copied into new worktrees",
        ),
    ),
    "dmux": Tool(
        "dmux (standardagents/dmux)",
        "bound before the agent is launched, ended before the worktree is removed",
        Target(
            ".dmux-hooks/worktree_created",
            Block(
                '{ravi} workspace ensure "$DMUX_WORKTREE_PATH" --name "dmux-$DMUX_SLUG" --label tool=dmux || exit $?'
            ),
        ),
        Target(
            ".dmux-hooks/before_worktree_remove", Block('{ravi} workspace release "$DMUX_WORKTREE_PATH" || exit $?')
        ),
        notes=("a worktree reopened from an old branch starts without waiting for its hook",),
    ),
    "cmux": Tool(
        "cmux (craigsc/cmux)",
        "bound before the agent is started, ended by cmux rm",
        Target(".cmux/setup", Block('{ravi} workspace ensure --name "cmux-${PWD##*/}" --label tool=cmux || exit $?')),
        Target(".cmux/teardown", Block(_RELEASE)),
        notes=("commit both files: cmux prefers the worktree's copy",),
    ),
    "cmux-app": Tool(
        "cmux, the macOS terminal (manaflow-ai/cmux)",
        "a workspace command that binds its directory in the first terminal",
        Target(
            ".cmux/cmux.json",
            Item(
                "commands",
                {
                    "name": "Agent with Ravi",
                    "workspace": {
                        "cwd": ".",
                        "env": {"RAVI_CONFIG_DIR": ".ravi"},
                        "setup": "{ravi} workspace ensure --label tool=cmux-app",
                    },
                },
            ),
        ),
        notes=("set cwd to the worktree that the command is for", _REAPER),
    ),
    "vibe-tree": Tool(
        "vibe-tree (sahithvibudhi/vibe-tree)",
        "bound after a worktree is made, ended before it is removed",
        Target(
            ".vibetree/hooks/post-create",
            Block('{ravi} workspace ensure "$VIBETREE_WORKTREE_PATH" --label tool=vibe-tree || exit $?'),
        ),
        Target(".vibetree/hooks/pre-remove", Block('{ravi} workspace release "$VIBETREE_WORKTREE_PATH"')),
    ),
    "openclaw": Tool(
        "OpenClaw (openclaw/openclaw), its worktrees",
        "bound when openclaw worktrees makes one",
        Target(
            ".openclaw/worktree-setup.sh",
            Block('{ravi} workspace ensure "$OPENCLAW_WORKTREE_PATH" --label tool=openclaw || exit $?'),
        ),
        notes=(
            "agents of a gateway are given identities by the plugin",
            "leave .ravi out of .worktreeinclude",
            _REAPER,
        ),
    ),
    "claude-code": Tool(
        "Claude Code",
        "bound when a session starts",
        Target(
            ".claude/settings.json",
            Item("hooks.SessionStart", {"hooks": [{"type": "command", "command": _CLAUDE_SESSION}]}),
        ),
        notes=(
            "leave .ravi out of .worktreeinclude",
            "Claude Code does not wait for hooks before it starts MCP servers. Add ours so that it binds by itself: "
            "claude mcp add ravi -- {ravi} workspace exec --label tool=claude-code -- {ravi} mcp",
            _REAPER,
        ),
    ),
    "codex": Tool(
        "Codex, program and app",
        "bound when a session starts, or when the app makes a worktree",
        Target(
            ".codex/hooks.json",
            Item(
                "hooks.SessionStart",
                {"hooks": [{"type": "command", "command": "{ravi} workspace ensure --label tool=codex >/dev/null"}]},
            ),
        ),
        Target(
            ".codex/environments/environment.toml",
            TomlLine("setup", "script", "{ravi} workspace ensure --label tool=codex || exit $?"),
            absent=SKIP,
            why="the Codex app writes it; without the app nobody reads it",
        ),
        notes=(
            "Codex asks you to trust the hooks of a project, and runs them in all its worktrees then; until you do, "
            "nobody is bound and its agents act as you",
            "its sandbox lets nobody reach a server: set sandbox_workspace_write.network_access = true",
            _REAPER,
        ),
    ),
    "conductor": Tool(
        "Conductor",
        "set up with each workspace, ended when it is archived",
        Target(
            ".conductor/settings.toml",
            TomlLine(
                "scripts",
                "setup",
                '{ravi} workspace ensure --name "conductor-$CONDUCTOR_WORKSPACE_NAME" '
                "--label tool=conductor || exit $?",
            ),
            TomlLine("scripts", "archive", _RELEASE),
        ),
        notes=("an older conductor.json is ignored once this file exists: move its scripts here",),
    ),
    "cursor": Tool(
        "Cursor",
        "set up with each worktree",
        Target(".cursor/worktrees.json", Item("setup-worktree", "{ravi} workspace ensure --label tool=cursor")),
        notes=(_REAPER,),
    ),
    "superset": Tool(
        "Superset (superset-sh/superset)",
        "set up with each workspace, ended with it",
        Target(
            ".superset/config.json",
            Item("setup", '{ravi} workspace ensure --name "superset-$SUPERSET_WORKSPACE_NAME" --label tool=superset'),
            Item("teardown", _RELEASE),
        ),
    ),
    "devcontainer": Tool(
        "Dev containers",
        "bound inside the container, when it is made",
        Target(
            ".devcontainer/devcontainer.json|.devcontainer.json",
            Command("postCreateCommand", "ravi workspace ensure --ttl 7d --label tool=devcontainer || exit $?"),
            Value("remoteEnv.RAVI_CONFIG_DIR", "${containerWorkspaceFolder}/.ravi"),
            absent=REFUSE,
            why="it names the image, which only you know",
        ),
        notes=(
            "the image needs ravi, a way to the server, and a sign-in or key that may make identities",
            "there is no hook for the end of a container: the identity ends after seven days",
        ),
    ),
    "github-actions": Tool(
        "GitHub Actions",
        "two steps to put around those of the agent",
        Paste("the steps of a job in .github/workflows", _ACTIONS_STEPS),
        notes=("a runner that is lost skips the last step: the identity ends after six hours",),
    ),
    "git": Tool(
        "git worktree add",
        "bound whenever git makes a worktree, whoever calls it",
        Target("git:hooks/post-checkout", Block(_POST_CHECKOUT)),
        notes=("git has no hook for the end of a worktree. " + _REAPER,),
    ),
}
