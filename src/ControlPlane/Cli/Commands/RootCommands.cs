using System.CommandLine;

namespace MicroVm.ControlPlane.Cli.Commands;

/// <summary>The tree of commands.</summary>
internal static class RootCommands
{
    private const string Description = """
        Operates a MicroVm control plane.

        Exit codes: 0 done, 1 refused or failed at the server, 2 wrong command line or file, 3 server not reachable,
        4 rollout degraded or not complete in time, 130 interrupted. 'mvm exec' ends with the program's own.
        """;

    /// <summary>Creates the tree.</summary>
    /// <param name="options">Options of every command.</param>
    /// <param name="run">Makes an action runnable.</param>
    public static RootCommand Create(GlobalOptions options, Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run)
    {
        RootCommand root = new(Description);
        root.Options.Add(options.Server);
        root.Options.Add(options.Output);
        root.Subcommands.Add(AgentCommand.Create(run));
        root.Subcommands.Add(ApplyCommand.Create(run));
        root.Subcommands.Add(AuditCommand.Create(run));
        root.Subcommands.Add(BundleCommand.Create(run));
        root.Subcommands.Add(DeleteCommand.Create(run));
        root.Subcommands.Add(DevicesCommand.Create(run));
        root.Subcommands.Add(EnrolCommand.Create(run));
        root.Subcommands.Add(ExecCommand.Create(run));
        root.Subcommands.Add(EventsCommand.Create(run));
        root.Subcommands.Add(FleetCommand.Create(run));
        root.Subcommands.Add(GetCommand.Create(run));
        root.Subcommands.Add(ImagesCommand.Create(run));
        root.Subcommands.Add(LoginCommand.Create(run));
        root.Subcommands.Add(LogsCommand.Create(run));
        root.Subcommands.Add(MetricsCommand.Create(run));
        root.Subcommands.Add(PortForwardCommand.Create(run));
        root.Subcommands.Add(RolloutCommand.Create(run));
        root.Subcommands.Add(SchemaCommand.Create(run));
        root.Subcommands.Add(SecretCommand.Create(run));
        root.Subcommands.Add(TokenCommand.Create(run));
        root.Subcommands.Add(TopCommand.Create(run));
        root.Subcommands.Add(VolumesCommand.Create(run));
        root.Subcommands.Add(LoginCommand.CreateWhoAmI(run));
        return root;
    }
}
